/**
 * The server that the pages of people talk to: the built pages, the real HTTP API, a real store in memory, real clips and
 * tokens, a clock that can be moved and a server that can go away.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABELS } from '../../src/core/labels.ts';
import { agreementOf } from '../../src/core/review/agreement.ts';
import type { Actor } from '../../src/domain/trust.ts';
import type { ReviewItem } from '../../src/domain/review.ts';
import { createApi } from '../../src/io/api/api.ts';
import { calibrationHandlers } from '../../src/io/api/calibrations.ts';
import { oversightHandlers } from '../../src/io/api/oversight.ts';
import { reviewHandlers } from '../../src/io/api/review.ts';
import { roomsHandlers } from '../../src/io/api/rooms.ts';
import { clipStore } from '../../src/io/clips/clip-store.ts';
import { startHttp } from '../../src/io/http.ts';
import { openReviewLoop } from '../../src/io/review-loop.ts';
import { issueToken } from '../../src/io/tokens.ts';
import type { TokenClaims } from '../../src/io/tokens.ts';
import { openTrust } from '../../src/io/trust.ts';
import type { Trust } from '../../src/io/trust.ts';
import { DECISION, PACK } from '../core/review/world.ts';
import { countingMeter, silent } from '../io/quiet.ts';

const SECRET = 'a secret of thirty-two characters';
const CLIP = 'clients/publisher/public/sample.webm';
export const ADA: Actor = { role: 'admin', subject: 'ada' };

export interface ApiStage {
  readonly url: string;
  readonly trust: Trust;
  readonly clock: { now(): number; forward(ms: number): void };
  token(claims: TokenClaims, ttlSeconds?: number): Promise<string>;
  /** A review item with a clip, in the store; each call another, oldest first. */
  item(given?: Partial<ReviewItem>): Promise<ReviewItem>;
  /** The server goes away, and comes back at the same address with what it had stored. */
  fall(): Promise<void>;
  rise(): Promise<void>;
  close(): Promise<void>;
}

/** @param pages folder of the built pages. */
export async function openApiStage(pages: string, rooms: readonly string[] = ['lobby', 'attic']): Promise<ApiStage> {
  const meter = { ...countingMeter(), text: () => Promise.resolve(''), contentType: 'text/plain' };
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, forward: (ms: number) => void (aheadMs += ms) };
  const folder = await mkdtemp(join(tmpdir(), 'undertone-clips-'));
  const clips = clipStore({ folder, keys: [], now: clock.now });
  const trust = await openTrust({ store: { at: 'memory' }, rooms, secret: SECRET, clips, clock, meter, log: silent });
  const { store, people, revocations, verify } = trust;
  const loop = await openReviewLoop({ store, pack: PACK, decision: DECISION, clock });
  const reservationMs = () => Math.max(...rooms.map((room) => people.settings(room).review.reservationMs));
  const api = createApi({
    handlers: {
      ...roomsHandlers({
        store,
        clock,
        rooms: {
          names: rooms,
          settings: people.settings,
          save: people.configure,
          consentVersion: (room) => people.terms(room).consent.version,
          withdraw: people.withdraw,
        },
      }),
      ...reviewHandlers({
        store,
        clips,
        clock,
        reservationMs,
        agreement: (reviewed) => Promise.resolve(agreementOf(reviewed, LABELS, { seed: 1, resamples: 50 })),
        manifestLine: () => ({}),
      }),
      ...calibrationHandlers({ calibrations: store.calibrations, clock, loop }),
      ...oversightHandlers({
        store,
        webhookHosts: [],
        clock,
        tokens: {
          make: ({ ttlSeconds, rooms: good, ...claims }) =>
            issueToken(SECRET, { ...claims, ...(good && { rooms: good }) }, ttlSeconds),
          revoke: revocations.revoke,
        },
      }),
    },
    verify,
    people: store.people,
    rooms,
    origins: [],
    version: '0.0.0',
    clock,
    meter,
    log: silent,
  });
  const listen = (port: number) =>
    startHttp({
      host: '127.0.0.1',
      port,
      staticDir: pages,
      health: () => ({ checks: {} }),
      meter,
      log: silent,
      api,
      closeMs: 100,
    });
  let http = await listen(0);
  const { url } = http;
  const webm = await readFile(CLIP);
  let items = 0;
  let clip: string | null = null;

  return {
    url,
    trust,
    clock,
    token: async (claims, ttlSeconds = 3600) => (await issueToken(SECRET, claims, ttlSeconds)).token,
    async item(given = {}) {
      clip ??= await clips.put(webm);
      const number = items++;
      const createdMs = clock.now() - 1_000_000 + number;
      const item: ReviewItem = {
        id: `item-${number.toString()}`,
        room: 'lobby',
        participant: 'ada-of-lobby',
        segment: `segment-${number.toString()}`,
        createdMs,
        causes: ['rejected'],
        propensity: 1,
        verdict: verdictAt(createdMs),
        packProbabilities: { contempt: 0.41, disgust: 0.22 },
        clip,
        raters: 2,
        ...given,
      };
      await store.reviews.add(item);
      return item;
    },
    fall: () => http.close(),
    async rise() {
      http = await listen(Number(new URL(url).port));
    },
    async close() {
      await http.close();
      await trust.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Rejected; words that no reviewer may see before they answer are in it. */
export function verdictAt(endMs: number): ReviewItem['verdict'] {
  return {
    startMs: endMs - 3000,
    endMs,
    status: 'rejected',
    reason: 'low-confidence',
    labels: [],
    withheld: ['contempt'],
    probabilities: { contempt: 0.41, disgust: 0.22 },
    shares: { contempt: 0.6, surprise: 0.4 },
    modalities: ['voice', 'face'],
    missing: {},
    uncertainty: 0.67,
    pack: PACK,
    calibration: null,
  };
}
