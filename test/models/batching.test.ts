import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchSizesUpTo, planRuns } from '../../models/worker/batching.ts';

const rows = fc.integer({ min: 0, max: 100 });
const maxRows = fc.constantFrom(1, 2, 4, 8, 16);
const padding = fc.integer({ min: 0, max: 16 });

describe('batch plan', () => {
  it('runs every row once, in order, in warmed sizes only', () => {
    fc.assert(
      fc.property(rows, maxRows, padding, (n, max, maxPadding) => {
        const sizes = batchSizesUpTo(max);
        let next = 0;
        for (const run of planRuns(n, sizes, maxPadding)) {
          expect(run.start).toBe(next);
          expect(run.rows).toBeGreaterThan(0);
          expect(run.rows).toBeLessThanOrEqual(run.size);
          expect(run.size - run.rows).toBeLessThanOrEqual(maxPadding);
          expect(sizes).toContain(run.size);
          next += run.rows;
        }
        expect(next).toBe(n);
      }),
    );
  });

  it('pads nothing where padding is pure loss', () => {
    expect(planRuns(11, [1, 2, 4, 8, 16], 0).map((run) => run.size)).toEqual([8, 2, 1]);
  });

  it('pads rather than run again where a run has a price', () => {
    expect(planRuns(11, [1, 2, 4, 8, 16], 16)).toEqual([{ start: 0, rows: 11, size: 16 }]);
    expect(planRuns(11, [1, 2, 4, 8, 16], 2).map((run) => run.size)).toEqual([8, 4]);
  });
});
