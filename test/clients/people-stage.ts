/** The server that the pages of people talk to: the built pages, the real HTTP API on a real store, real clips and tokens. */
import { readFile } from 'node:fs/promises';
import type { ReviewItem } from '../../src/domain/review.ts';
import type { Actor } from '../../src/domain/trust.ts';
import type { TokenClaims } from '../../src/io/tokens.ts';
import { DECISION, PACK } from '../core/review/world.ts';
import { openApiStage } from '../io/api/stage.ts';
import type { ApiStage } from '../io/api/stage.ts';

const CLIP = 'clients/publisher/public/sample.webm';
export const ADA: Actor = { role: 'admin', subject: 'ada' };

export interface PeopleStage extends ApiStage {
  token(claims: TokenClaims, ttlSeconds?: number): Promise<string>;
  /** A review item with a clip, in the store; each call another, oldest first. */
  item(given?: Partial<ReviewItem>): Promise<ReviewItem>;
}

/** @param pages folder of the built pages. */
export async function openPeopleStage(
  pages: string,
  rooms: readonly string[] = ['lobby', 'attic'],
): Promise<PeopleStage> {
  const stage = await openApiStage({ pages, rooms, pack: PACK, decision: DECISION });
  const clip = await stage.clips.put(await readFile(CLIP));
  let items = 0;
  return {
    ...stage,
    token: async (claims, ttlSeconds) => (await stage.bearer(claims, ttlSeconds)).slice('Bearer '.length),
    async item(given = {}) {
      const number = items++;
      const createdMs = stage.clock.now() - 1_000_000 + number;
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
      await stage.trust.store.reviews.add(item);
      return item;
    },
  };
}

/** Rejected; words that no reviewer may see before they answer are in it. */
function verdictAt(endMs: number): ReviewItem['verdict'] {
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
