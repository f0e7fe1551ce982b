import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { histogram2d, type Point, softHistogram2d } from '../../../src/core/kde/histogram.ts';
import { density, densityAt, gridOf } from '../../../src/core/kde/kde2d.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import fixture from '../../fixtures/kde2d.json' with { type: 'json' };

const cases = fixture.cases.map((each) => ({ ...each, points: each.points as unknown as readonly Point[] }));

describe('agrees with an independent implementation', () => {
  test.each(cases)('$n points', ({ points, grid, t, tFirstAxis, tSecondAxis, densityRow20, grid4x4 }) => {
    const found = density(histogram2d(points, grid));
    expect(Math.abs(found.bandwidth.t - t)).toBeLessThan(1e-9);
    expect(Math.abs(found.bandwidth.first - tFirstAxis)).toBeLessThan(1e-9);
    expect(Math.abs(found.bandwidth.second - tSecondAxis)).toBeLessThan(1e-9);
    const all = densityAt(found);
    densityRow20.forEach((expected, j) => {
      expect(Math.abs((all[20 * grid + j] ?? NaN) - expected)).toBeLessThan(1e-6);
    });
    const cells = gridOf(found);
    grid4x4.flat().forEach((expected, at) => {
      expect(Math.abs((cells[at] ?? NaN) - expected)).toBeLessThan(1e-6);
    });
  });
});

const pointsIn = fc
  .tuple(fc.integer(), fc.integer({ min: 2, max: 60 }), fc.double({ min: 0.02, max: 0.6, noNaN: true }))
  .map(([seed, n, spread]): readonly Point[] => {
    const random = randomStream(seed, 'points');
    const number = (): number => Math.max(-1, Math.min(1, spread * gaussian(random)));
    return Array.from({ length: n }, () => [number(), number()]);
  });

describe('laws', () => {
  test('exchanging the coordinates transposes the grid', () => {
    fc.assert(
      fc.property(pointsIn, (points) => {
        const straight = gridOf(density(histogram2d(points, 64)));
        const turned = gridOf(
          density(
            histogram2d(
              points.map(([x, y]) => [y, x]),
              64,
            ),
          ),
        );
        straight.forEach((x, at) => {
          expect(turned[(at % 4) * 4 + Math.floor(at / 4)]).toBeCloseTo(x, 9);
        });
      }),
      { numRuns: 20 },
    );
  });

  test('a density keeps all of its mass, and a grid sums to 1', () => {
    fc.assert(
      fc.property(pointsIn, (points) => {
        const found = density(histogram2d(points, 64));
        expect(densityAt(found).reduce((sum, x) => sum + x, 0) * (2 / 64) ** 2).toBeCloseTo(1, 9);
        const cells = gridOf(found);
        expect(cells.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...cells)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 20 },
    );
  });

  test('the order of the points does not matter', () => {
    fc.assert(
      fc.property(pointsIn, (points) => {
        const straight = gridOf(density(histogram2d(points, 64)));
        const other = gridOf(density(histogram2d(points.toReversed(), 64)));
        straight.forEach((x, at) => {
          expect(other[at]).toBeCloseTo(x, 9);
        });
      }),
      { numRuns: 10 },
    );
  });
});

describe('edges', () => {
  test('one point many times stays in its cell', () => {
    const cells = gridOf(
      density(
        histogram2d(
          Array.from({ length: 200 }, (): Point => [0.3, -0.8]),
          512,
        ),
      ),
    );
    expect(cells[2 * 4 + 0]).toBeGreaterThan(0.9999);
  });

  test('a single point has a grid', () => {
    expect(gridOf(density(histogram2d([[0, 0]], 64))).every(Number.isFinite)).toBe(true);
  });

  test('points spread evenly diffuse for the longest time and stay even', () => {
    const points = Array.from({ length: 64 * 64 }, (_, at): Point => [
      -1 + (2 * (Math.floor(at / 64) + 0.5)) / 64,
      -1 + (2 * ((at % 64) + 0.5)) / 64,
    ]);
    const found = density(histogram2d(points, 64));
    expect(found.bandwidth.t).toBeCloseTo(0.1, 6);
    gridOf(found).forEach((share) => {
      expect(share).toBeCloseTo(1 / 16, 6);
    });
  });

  test('points beyond the square count at its edge', () => {
    expect(histogram2d([[2, -3]], 4).shares[12]).toBe(1);
    expect(() => histogram2d([[NaN, 0]], 4)).toThrow('point 0');
    expect(() => histogram2d([], 4)).toThrow('no point');
  });

  test('a steep soft histogram is the hard one', () => {
    const points: readonly Point[] = [
      [0.11, -0.52],
      [0.71, 0.3],
    ];
    const hard = histogram2d(points, 16).shares;
    softHistogram2d(points, { bins: 16, sigma: 1e4 }).shares.forEach((share, at) => {
      expect(share).toBeCloseTo(hard[at] ?? NaN, 6);
    });
  });
});
