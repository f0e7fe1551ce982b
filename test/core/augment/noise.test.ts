import { expect, test } from 'vitest';
import { whiteNoise } from '../../../src/core/augment/noise.ts';
import { randomStream } from '../../../src/core/random.ts';

const n = 100_000;
const noise = whiteNoise(randomStream('noise'), new Float32Array(n));
const mean = (f: (i: number) => number): number => Array.from(noise, (_, i) => f(i)).reduce((sum, x) => sum + x, 0) / n;
const at = (i: number): number => noise[i % n] ?? NaN;

test('mean 0, variance 1, no skew, and tails nearly normal', () => {
  expect(mean(at)).toBeCloseTo(0, 1.5);
  expect(mean((i) => at(i) ** 2)).toBeCloseTo(1, 1.5);
  expect(mean((i) => at(i) ** 3)).toBeCloseTo(0, 1);
  expect(mean((i) => at(i) ** 4)).toBeCloseTo(2.7, 1);
});

test('neighbours are not alike', () => {
  for (const lag of [1, 2, 3, 7, 48, 160]) expect(Math.abs(mean((i) => at(i) * at(i + lag)))).toBeLessThan(0.02);
});

test('the same stream gives the same noise, another gives another', () => {
  const draw = (name: string): Float32Array => whiteNoise(randomStream(name), new Float32Array(20));
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
});
