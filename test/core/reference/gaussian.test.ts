import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { fitGaussian, squaredDistance } from '../../../src/core/reference/gaussian.ts';

/** Rows of two columns that go together and one that does not. */
const rowsOf = (n: number, seed: number): number[][] => {
  const random = randomStream(seed, 'rows');
  return Array.from({ length: n }, () => {
    const x = gaussian(random);
    return [3 + x, 2 * x + gaussian(random), 0.01 * gaussian(random)];
  });
};

describe('a fitted cloud', () => {
  it('is on average as many columns away from its own rows, and not at all from its centre', () => {
    const rows = rowsOf(4000, 1);
    const cloud = fitGaussian(rows);
    const mean = rows.reduce((sum, row) => sum + squaredDistance(cloud, row), 0) / rows.length;
    expect(cloud.shrinkage).toBeLessThan(0.01);
    expect(mean).toBeCloseTo(3, 1);
    expect(squaredDistance(cloud, cloud.mean)).toBe(0);
  });

  it('knows which columns go together: against them is farther than along them', () => {
    const cloud = fitGaussian(rowsOf(500, 2));
    expect(squaredDistance(cloud, [4, -2, 0])).toBeGreaterThan(10 * squaredDistance(cloud, [4, 2, 0]));
  });

  it('does not change with the unit or the zero of a column', () => {
    const rows = rowsOf(200, 3);
    const plain = fitGaussian(rows);
    const number = fc.double({ min: 0.1, max: 100, noNaN: true });
    fc.assert(
      fc.property(number, fc.double({ min: -50, max: 50, noNaN: true }), (unit, zero) => {
        const change = ([a = 0, ...others]: readonly number[]) => [unit * a + zero, ...others];
        const cloud = fitGaussian(rows.map(change));
        expect(cloud.shrinkage).toBeCloseTo(plain.shrinkage, 6);
        // Means and whitening are float32.
        const [here, there] = [squaredDistance(cloud, change([4, 4, 0])), squaredDistance(plain, [4, 4, 0])];
        expect(Math.abs(here / there - 1)).toBeLessThan(0.01);
      }),
      { numRuns: 20 },
    );
  });

  it('is shrunk the more the fewer rows there are, and stays finite with fewer rows than columns', () => {
    const shrinkages = [5, 20, 100, 1000].map((n) => fitGaussian(rowsOf(n, 4)).shrinkage);
    expect(shrinkages).toEqual(shrinkages.toSorted((a, b) => b - a));
    const cloud = fitGaussian([
      [1, 2, 3],
      [1, 3, 5],
    ]);
    expect(squaredDistance(cloud, [9, 9, 9])).toSatisfy(Number.isFinite);
  });

  it('needs two rows', () => {
    expect(() => fitGaussian([[1, 2]])).toThrow(/give at least 2/);
  });
});
