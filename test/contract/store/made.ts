/** Made-up rows for the store's tests: each call makes another, and what matters to a test is given. */
import type { ReviewItem, SegmentRecord } from '../../../src/domain/review.ts';
import type { Actor, ConsentRecord, RoomSettings } from '../../../src/domain/trust.ts';
import type { Verdict } from '../../../src/domain.ts';

let made = 0;

/** A name that no other test uses. */
export const unique = (prefix: string): string => `${prefix}-${(made++).toString()}`;

export const ADMIN: Actor = { role: 'admin', subject: 'admin-1' };

export function verdictOf(endMs: number): Verdict {
  return {
    startMs: endMs - 3000,
    endMs,
    status: 'rejected',
    reason: 'low-confidence',
    labels: [],
    probabilities: { anger: 0.30000000000000004, fear: 1 / 3 },
    shares: { anger: 0.6, fear: 0.4 },
    modalities: ['voice'],
    missing: { face: 'off' },
    uncertainty: 0.67,
    pack: 'default@1.0.0',
    calibration: null,
  };
}

export function segmentOf(given: Partial<SegmentRecord> & Pick<SegmentRecord, 'room'>): SegmentRecord {
  return {
    id: unique('segment'),
    participant: 'ada',
    index: 0,
    startMs: 0,
    endMs: 1000,
    status: 'accepted',
    labels: ['anger', 'fear'],
    reason: null,
    probabilities: { anger: 0.7, fear: 1 / 3 },
    windows: 3,
    pack: 'default@1.0.0',
    calibration: null,
    ...given,
  };
}

export function itemOf(given: Partial<ReviewItem> & Pick<ReviewItem, 'room'>): ReviewItem {
  return {
    id: unique('item'),
    participant: 'ada',
    segment: 'segment-of-item',
    createdMs: 1000,
    causes: ['rejected', 'audit'],
    propensity: 0.15,
    verdict: verdictOf(1000),
    packProbabilities: { anger: 0.4 },
    clip: null,
    raters: 2,
    ...given,
  };
}

export function grantOf(given: Partial<ConsentRecord> & Pick<ConsentRecord, 'room'>): ConsentRecord {
  return {
    participant: 'ada',
    granted: true,
    atMs: 10,
    role: 'customer',
    textVersion: '0123456789abcdef',
    text: 'I agree that what my voice and face express is estimated.',
    ...given,
  };
}

export function settingsOf(given: Partial<RoomSettings> & Pick<RoomSettings, 'room'>): RoomSettings {
  return {
    purpose: 'demonstration',
    jurisdiction: 'eu',
    justification: null,
    roles: { customer: 'customer' },
    consentText: 'I agree that what my voice and face express is estimated.',
    keeping: 'segments',
    clips: true,
    retention: { clipsMs: 1000, scoresMs: 2000, reviewsMs: 3000 },
    review: {
      reasons: ['low-confidence'],
      rejectedShare: 1,
      auditShare: 0.05,
      informationShare: 0.1,
      raters: 2,
      reservationMs: 120_000,
    },
    ...given,
  };
}

export const ANSWER = {
  labels: ['anger'] as const,
  cannotTell: false,
  attributes: { valence: -0.5, arousal: 0.25 },
  tookMs: 4200,
};
