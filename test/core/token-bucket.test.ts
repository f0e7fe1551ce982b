import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fullBucket, take } from '../../src/core/token-bucket.ts';

const RATE = { capacity: 5, perSecond: 2 };

it('never allows more than the capacity and what time has earned', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 5 })), { maxLength: 100 }), (steps) => {
      let bucket = fullBucket(RATE, 0);
      let nowMs = 0;
      let spent = 0;
      for (const [waitMs, cost] of steps) {
        nowMs += waitMs;
        const [next, allowed] = take(bucket, RATE, nowMs, cost);
        bucket = next;
        if (allowed) spent += cost;
        expect(spent).toBeLessThanOrEqual(RATE.capacity + (nowMs / 1000) * RATE.perSecond + 1e-9);
      }
    }),
  );
});

it('spends nothing on what it refuses, and earns nothing when the clock goes back', () => {
  const [empty] = take(fullBucket(RATE, 1000), RATE, 1000, 5);
  const [same, allowed] = take(empty, RATE, 0, 1);
  expect(allowed).toBe(false);
  expect(take(same, RATE, 1500, 1)[1]).toBe(true);
  expect(take(same, RATE, 1499, 1)[1]).toBe(false);
});
