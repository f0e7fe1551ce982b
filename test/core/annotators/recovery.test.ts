import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LearnedRater, recovery } from '../../../src/core/annotators/recovery.ts';
import { raterPool } from '../../../src/core/annotators/simulate.ts';
import { randomStream } from '../../../src/core/random.ts';

const POOL = raterPool({ seed: 1, raters: 30, leniency: 0.2, bias: 0.1, noise: [0.2, 1], activity: [1, 1] });
const LEARNED = POOL.map(({ rater, leniency, bias, noise }): LearnedRater => ({
  rater,
  leniency,
  bias,
  spread: noise ** 2,
}));
const found = (learned: readonly LearnedRater[]) =>
  recovery(POOL, learned, { random: randomStream('recovery'), resamples: 50 });

test('what is planted is found however it is scaled and shifted, and noise by its order alone', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (scale, shift) => {
        const { leniency, bias, noise } = found(
          LEARNED.map((one) => ({ ...one, leniency: scale * one.leniency + shift, bias: -scale * one.bias })),
        );
        expect(leniency.value).toBeCloseTo(1, 6);
        expect(bias.value).toBeCloseTo(-1, 6);
        expect(noise.value).toBeCloseTo(1, 9);
      },
    ),
    { numRuns: 20 },
  );
});

test('raters who rated too little, or whom nobody planted, do not count', () => {
  const [first, ...rest] = LEARNED;
  if (!first) throw new Error('there are raters');
  expect(found([{ ...first, spread: NaN }, { ...first, rater: 'stranger' }, ...rest]).raters).toBe(29);
  expect(() => found([])).toThrow('no rater of the pool');
});
