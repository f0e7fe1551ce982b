import { setImmediate as turn } from 'node:timers/promises';
import { BehaviorSubject } from 'rxjs';
import { expect, it } from 'vitest';
import { startReview } from '../../pipelines/review.ts';
import { defaultSettings } from '../../src/core/trust/settings.ts';
import type { ReviewItem } from '../../src/domain/review.ts';
import { learntBefore } from '../../src/io/learnt-before.ts';
import { silentLog } from '../fixtures/telemetry.ts';
import { meter, ref, verdictEvent } from './fakes.ts';

const settings = { ...defaultSettings(ref.room), keeping: 'segments' as const, clips: true };

/** The items that come of segments, by a server that ends and starts anew after each of these numbers of them. */
async function itemsOf(...lives: readonly number[]): Promise<readonly ReviewItem[]> {
  const items: ReviewItem[] = [];
  const reviews = {
    add: (item: ReviewItem) => Promise.resolve(void items.push(item)),
    asked: ({ after, limit }: { readonly after?: { readonly id: string }; readonly limit: number }) => {
      const start = items.findIndex(({ id }) => id === after?.id) + 1;
      return Promise.resolve(items.slice(start, start + limit));
    },
  };
  let id = 0;
  let seq = 0;
  for (const segments of lives) {
    const before = learntBefore(reviews, { pack: 'test@1', beforeMs: Infinity });
    const review = startReview({
      store: { scores: { add: () => Promise.resolve() }, reviews },
      clips: { put: () => Promise.reject(new Error('there is nothing to put')) },
      cutter: { cut: () => Promise.reject(new Error('there is nothing to cut')), close: () => Promise.resolve() },
      clock: { now: () => 0 },
      meter: meter(),
      log: silentLog,
      // Takes whatever has a chance.
      random: () => 0,
      newId: () => `id${id++}`,
      learntBefore: before,
    });
    await before;
    for (let i = 0; i < segments; i++) {
      const person = { ref, consent: new BehaviorSubject(true), agreed: () => settings, evidence: () => null };
      const follower = review.follow(person);
      follower.hear(verdictEvent(seq, { probabilities: { happiness: 0.5 + (seq % 40) / 100 } }));
      seq += 1;
      follower.end();
      // One at a time on its way, so that none is dropped.
      await turn();
    }
    await review.close();
  }
  return items;
}

it('asks after a restart with the chances that it would have had without one', async () => {
  const [whole, restarted] = [await itemsOf(620), await itemsOf(3, 517, 100)];
  expect(whole).toHaveLength(620);
  expect(restarted).toHaveLength(620);
  const differences = whole.map(({ propensity }, i) => Math.abs(propensity - (restarted[i]?.propensity ?? Infinity)));
  expect(Math.max(...differences)).toBeLessThan(1e-9);
  // They fall as answers are to be had, so that a server that forgot would show.
  expect((whole[0]?.propensity ?? 0) - (whole[619]?.propensity ?? 0)).toBeGreaterThan(0.01);
});
