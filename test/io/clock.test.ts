import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/io/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('starts from the wall clock', () => {
  expect(Math.abs(systemClock().now() - Date.now())).toBeLessThan(60_000);
});

test('never goes back', () => {
  const clock = systemClock();
  let lastMs = clock.now();
  for (let n = 0; n < 10_000; n++) {
    const nowMs = clock.now();
    expect(nowMs).toBeGreaterThanOrEqual(lastMs);
    lastMs = nowMs;
  }
});

test.each([-86_400_000, 86_400_000])('a jump of the wall clock by %i ms does not move it', (jumpMs) => {
  const clock = systemClock();
  const beforeMs = clock.now();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs });
  expect(Math.abs(Date.now() - beforeMs)).toBeGreaterThan(80_000_000);
  expect(Math.abs(clock.now() - beforeMs)).toBeLessThan(60_000);
});
