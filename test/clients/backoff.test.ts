import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, sleep } from '../../clients/backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('never waits longer than the longest wait, nor less than half of what the attempt allows', () => {
  fc.assert(
    fc.property(fc.nat(2000), random, (attempt, draw) => {
      const waitMs = backoffMs(attempt, draw, { firstMs: 100, maxMs: 5000 });
      const longestMs = Math.min(5000, 100 * 2 ** attempt);
      expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitMs).toBeLessThan(longestMs + 1e-9);
    }),
  );
});

test('clients that draw differently come back at different times', () => {
  expect(backoffMs(3, 0)).toBe(2000);
  expect(backoffMs(3, 0.5)).toBe(3000);
});

test('a wait ends when it is aborted, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  await sleep(0, signal);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  const closing = new AbortController();
  const waiting = sleep(1_000_000, closing.signal);
  closing.abort();
  await waiting;
  await sleep(1_000_000, closing.signal);
});
