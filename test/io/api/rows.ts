/** What a test of the API finds in the store: made up, each call another, and what matters to a test is given. */
import { createHash, randomUUID } from 'node:crypto';
import type { Verdict } from '../../../src/domain.ts';
import type { ReviewCalibration, ReviewItem, SegmentRecord } from '../../../src/domain/review.ts';
import type { Actor } from '../../../src/domain/trust.ts';
import type { ApiStage } from './stage.ts';

const SERVER: Actor = { role: 'server', subject: 'test' };
const DAY_MS = 86_400_000;

export function verdictAt(endMs: number): Verdict {
  return {
    startMs: endMs - 3000,
    endMs,
    status: 'rejected',
    reason: 'low-confidence',
    labels: [],
    withheld: ['contempt'],
    probabilities: { contempt: 0.31, disgust: 0.22 },
    shares: { contempt: 0.6, surprise: 0.4 },
    modalities: ['voice', 'face'],
    missing: {},
    uncertainty: 0.67,
    pack: 'secretpack@1.0.0',
    calibration: null,
  };
}

/** A review item with a clip, in the store. */
export async function anItem(stage: ApiStage, given: Partial<ReviewItem> = {}): Promise<ReviewItem> {
  const createdMs = stage.clock.now();
  const clip = await stage.clips.put(new TextEncoder().encode(`clip ${randomUUID()}`));
  const item: ReviewItem = {
    id: randomUUID(),
    room: 'lobby',
    participant: 'ada-of-lobby',
    segment: 's',
    createdMs,
    causes: ['rejected', 'information'],
    propensity: 0.15,
    verdict: verdictAt(createdMs),
    packProbabilities: { contempt: 0.4 },
    clip,
    raters: 2,
    ...given,
  };
  await stage.trust.store.reviews.add(item);
  return item;
}

export async function aSegment(stage: ApiStage, given: Partial<SegmentRecord> = {}): Promise<SegmentRecord> {
  const endMs = stage.clock.now();
  const segment: SegmentRecord = {
    id: randomUUID(),
    room: 'lobby',
    participant: 'ada-of-lobby',
    index: 0,
    startMs: endMs - 4000,
    endMs,
    status: 'accepted',
    labels: ['fear'],
    reason: null,
    probabilities: { fear: 0.7 },
    windows: 3,
    pack: 'test@1',
    calibration: null,
    ...given,
  };
  await stage.trust.store.scores.add({ segments: [segment], verdicts: [] });
  return segment;
}

/** Put somebody's consent on record. @returns their key. */
export async function aPerson(stage: ApiStage, room: string, participant: string): Promise<string> {
  const key = randomUUID();
  const { version } = stage.trust.people.terms(room).consent;
  const keyHash = createHash('sha256').update(key).digest('hex');
  const actor: Actor = { role: 'publisher', subject: participant };
  await stage.trust.people.grant({ room, participant }, { role: 'participant', textVersion: version, keyHash, actor });
  return key;
}

/** A calibration that was proposed. @returns its id. */
export async function aProposal(stage: ApiStage): Promise<string> {
  const calibration: ReviewCalibration = {
    id: randomUUID(),
    createdMs: stage.clock.now(),
    pack: 'test@1',
    subsets: {
      face: { labels: { fear: { method: 'platt', a: 1.2, b: -0.1 } }, thresholds: { fear: 0.4 }, reject: null },
    },
  };
  await stage.trust.store.calibrations.propose({ calibration, report: { items: 1 } }, SERVER);
  return calibration.id;
}

export async function aWebhook(stage: ApiStage): Promise<string> {
  const id = randomUUID();
  const webhook = { id, url: 'https://hook.example/', kinds: ['consent'], rooms: null, secret: 'c2VjcmV0' } as const;
  await stage.trust.store.webhooks.add(webhook, SERVER, stage.clock.now());
  return id;
}

let oldestMs = 0;

/** An item that somebody holds. @returns the reservation. */
export async function aReservation(stage: ApiStage, reviewer: string, given: Partial<ReviewItem> = {}) {
  const { id } = await anItem(stage, { createdMs: (oldestMs -= 1), ...given });
  const { reviews } = stage.trust.store;
  // The oldest is given first.
  const claimed = await reviews.claim({ reviewer, rooms: null, nowMs: stage.clock.now(), reservationMs: DAY_MS });
  if (claimed?.item.id !== id) throw new Error('another item was older');
  return { reservation: claimed.reservation.id, item: id };
}
