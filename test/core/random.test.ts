import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gaussian, integerBelow, permutation, randomStream, uniform } from '../../src/core/random.ts';

const take = (n: number, ...names: (string | number)[]): number[] => {
  const random = randomStream(...names);
  return Array.from({ length: n }, () => random());
};

test('the same names give the same numbers, other names give others', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), (seed, name) => {
      expect(take(5, seed, name)).toEqual(take(5, seed, name));
      expect(take(5, seed, name)).not.toEqual(take(5, seed, `${name}x`));
      expect(take(5, seed, name)).not.toEqual(take(5, seed + 1, name));
    }),
  );
});

test('names do not run together', () => {
  expect(take(3, 1, 23)).not.toEqual(take(3, 12, 3));
});

test('numbers are uniform in [0, 1), streams of neighbouring items are not alike', () => {
  const many = take(20_000, 'uniform');
  expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...many)).toBeLessThan(1);
  const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  expect(mean(many)).toBeCloseTo(0.5, 2);
  expect(mean(many.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  expect(mean(Array.from({ length: 20_000 }, (_, i) => randomStream('item', i)()))).toBeCloseTo(0.5, 2);
});

test('gaussian numbers have mean 0 and variance 1; uniform and integers keep their range', () => {
  const random = randomStream('gaussian');
  const many = Array.from({ length: 20_000 }, () => gaussian(random));
  expect(many.reduce((sum, x) => sum + x, 0) / many.length).toBeCloseTo(0, 1);
  expect(many.reduce((sum, x) => sum + x * x, 0) / many.length).toBeCloseTo(1, 1);
  for (let i = 0; i < 100; i++) {
    expect(Math.abs(uniform(random, -2, 2))).toBeLessThanOrEqual(2);
    expect([0, 1, 2]).toContain(integerBelow(random, 3));
  }
});

test('a permutation holds each index once', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(200), (seed, n) => {
      const order = permutation(randomStream(seed), n);
      expect(order.toSorted((x, y) => x - y)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
});
