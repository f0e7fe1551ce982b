import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagingAt, rateAt, type Schedule } from '../../../../models/toolkit/train/schedule.ts';

const schedules = fc.record({
  epochs: fc.integer({ min: 1, max: 30 }),
  batch: fc.constant(64),
  rate: fc.double({ min: 1e-5, max: 1, noNaN: true }),
  warmupEpochs: fc.integer({ min: 0, max: 5 }),
  weightDecay: fc.constant(0.05),
  averaging: fc.double({ min: 0, max: 0.9999, noNaN: true }),
});
const stepsAnEpoch = fc.integer({ min: 1, max: 40 });

const everyRate = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: schedule.epochs * steps }, (_, step) => rateAt(schedule, step, steps));

test('the rate is above 0 and at most the highest, at every step', () => {
  fc.assert(
    fc.property(schedules, stepsAnEpoch, (schedule, steps) => {
      for (const rate of everyRate(schedule, steps)) {
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(schedule.rate);
      }
    }),
  );
});

test('the rate rises through the warm-up, and never after it', () => {
  fc.assert(
    fc.property(schedules, stepsAnEpoch, (schedule, steps) => {
      const rise = schedule.warmupEpochs * steps;
      everyRate(schedule, steps).forEach((rate, step, rates) => {
        const before = rates[step - 1];
        if (before === undefined) return;
        if (step <= rise) expect(rate).toBeGreaterThan(before);
        else expect(rate).toBeLessThanOrEqual(before);
      });
    }),
  );
});

test('the rate is at its highest right after the warm-up, and ends near a hundredth of it', () => {
  const schedule = { epochs: 20, batch: 64, rate: 0.002, warmupEpochs: 2, weightDecay: 0, averaging: 0 };
  expect(rateAt(schedule, 20, 10)).toBe(0.002);
  expect(rateAt(schedule, 110, 10)).toBeCloseTo(0.002 * (0.01 + 0.99 / 2), 10);
  expect(rateAt(schedule, 200, 10)).toBeCloseTo(0.00002, 10);
});

test('the first weights replace those the network started with, and none weighs less than the average says', () => {
  fc.assert(
    fc.property(schedules, fc.nat(100_000), (schedule, step) => {
      const share = averagingAt(schedule, step);
      expect(averagingAt(schedule, 0)).toBe(1);
      expect(share).toBeGreaterThanOrEqual(1 - schedule.averaging);
      expect(share).toBeLessThanOrEqual(1);
      expect(averagingAt(schedule, step + 1)).toBeLessThanOrEqual(share);
    }),
  );
});
