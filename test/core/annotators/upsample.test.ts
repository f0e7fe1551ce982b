import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gridConsensus } from '../../../src/core/annotators/consensus.ts';
import { subsetShares, truthGrid, upsampled } from '../../../src/core/annotators/upsample.ts';
import type { Point } from '../../../src/core/kde/histogram.ts';
import { randomStream } from '../../../src/core/random.ts';

const score = fc.double({ min: -1, max: 1, noNaN: true });
const ratings = fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 12 });

describe('upsampling', () => {
  test('a point is an even mean of some raters', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), (seed, n) => {
        const shares = subsetShares(n, randomStream(seed, 'subset'));
        const chosen = shares.filter((share) => share > 0);
        expect(chosen.length).toBeGreaterThan(0);
        for (const share of chosen) expect(share).toBeCloseTo(1 / chosen.length, 12);
      }),
    );
  });

  test('points stay within half a deviation of where raters are', () => {
    fc.assert(
      fc.property(fc.integer(), ratings, (seed, points) => {
        const made = upsampled(points, { random: randomStream(seed, 'upsample'), upsamples: 30 });
        expect(made).toHaveLength(30);
        for (const axis of [0, 1] as const) {
          const values = points.map((point) => point[axis]);
          const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
          const half = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) / 2 + 1e-9;
          for (const point of made) {
            expect(point[axis]).toBeGreaterThanOrEqual(Math.min(...values) - half);
            expect(point[axis]).toBeLessThanOrEqual(Math.max(...values) + half);
          }
        }
      }),
    );
  });

  test('raters who agree fall into one cell', () => {
    const grid = truthGrid(
      Array.from({ length: 9 }, (): Point => [0.6, -0.3]),
      { random: randomStream(1, 'agree') },
    );
    expect(grid[3 * 4 + 1]).toBeGreaterThan(0.999);
    expect(gridConsensus(grid).valence).toBeCloseTo(1, 3);
    expect(gridConsensus(grid).arousal).toBeCloseTo(-0.5, 3);
  });

  test('the truth is the same for the same stream', () => {
    const points: readonly Point[] = [
      [-0.5, 0.1],
      [0.3, 0.2],
      [0.1, -0.6],
    ];
    const once = truthGrid(points, { random: randomStream(7, 'truth', 'a') });
    expect(truthGrid(points, { random: randomStream(7, 'truth', 'a') })).toEqual(once);
    expect(once.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });
});
