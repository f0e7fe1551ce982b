import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceBucket } from '../../../models/nets/wavlm.ts';

/** As published. */
const LARGE = { buckets: 320, farthest: 800 };

describe('buckets of distances', () => {
  it('are one each for near frames, and by the logarithm for far ones', () => {
    const found = [0, -1, -79, -80, -100, -799, 1, 79, 80, 100, 799].map((distance) => distanceBucket(distance, LARGE));
    expect(found).toEqual([0, 1, 79, 80, 87, 159, 161, 239, 240, 247, 319]);
  });

  it('never fall with the distance, stay on their side, and end at the farthest', () => {
    const sizes = fc
      .record({ quarters: fc.integer({ min: 1, max: 100 }), beyond: fc.integer({ min: 1, max: 2000 }) })
      .map(({ quarters, beyond }) => ({ buckets: 4 * quarters, farthest: quarters + beyond }));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 3000 }), (size, distance) => {
        const half = size.buckets / 2;
        const before = distanceBucket(-distance, size);
        expect(before).toBeLessThan(half);
        expect(distanceBucket(-distance - 1, size)).toBeGreaterThanOrEqual(before);
        if (distance > 0) expect(distanceBucket(distance, size)).toBe(before + half);
        if (distance >= size.farthest) expect(before).toBe(half - 1);
      }),
    );
  });
});
