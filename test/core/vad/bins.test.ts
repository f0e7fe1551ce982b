import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN_CENTRES, BINS } from '../../../src/core/vad/attributes.ts';
import { inParts, quantile, shareBelow } from '../../../src/core/vad/bins.ts';
import { withMargins } from '../../../src/core/vad/margins.ts';

const total = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0);
const distribution = (length: number) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length })
    .filter((some) => total(some) > 0.01)
    .map((some) => some.map((share) => share / total(some)));

describe('a soft label read as a distribution', () => {
  it('has as many raters below a quantile as it is of', () => {
    fc.assert(
      fc.property(distribution(BINS), fc.double({ min: 0, max: 1, noNaN: true }), (bins, p) => {
        const score = quantile(bins, p);
        expect(score).toBeGreaterThanOrEqual(-1);
        expect(score).toBeLessThanOrEqual(1);
        expect(shareBelow(bins, score)).toBeCloseTo(p, 9);
      }),
    );
  });

  it('stays in a part whose share is lost in rounding beside those before it', () => {
    const bins = [0.3, 3e-17, 0.7, 0, 0, 0, 0];
    expect(shareBelow(bins, quantile(bins, 0.3 + Number.EPSILON / 4))).toBeCloseTo(0.3, 9);
  });

  it('rises with the share, from one end of what is there to the other', () => {
    fc.assert(
      fc.property(distribution(BINS), (bins) => {
        const scores = Array.from({ length: 21 }, (_, i) => quantile(bins, i / 20));
        expect(scores).toEqual(scores.toSorted((a, b) => a - b));
      }),
    );
    const middle = [0, 0, 0, 1, 0, 0, 0];
    [-1 / 7, 0, 1 / 7].forEach((score, i) => expect(quantile(middle, i / 2)).toBeCloseTo(score, 12));
  });

  it('keeps its raters and their mean side in other parts', () => {
    fc.assert(
      fc.property(distribution(BINS), (bins) => {
        expect(total(inParts(bins, 4))).toBeCloseTo(1, 12);
        inParts(bins, BINS).forEach((share, bin) => expect(share).toBeCloseTo(bins[bin] ?? NaN, 12));
        // Parts that bins can be put together from: the mean stays.
        const fine = inParts(bins, 4 * BINS);
        const mean = total(fine.map((share, i) => share * (-1 + (2 * i + 1) / (4 * BINS))));
        expect(mean).toBeCloseTo(total(bins.map((share, bin) => share * (BIN_CENTRES[bin] ?? NaN))), 12);
      }),
    );
  });
});

describe('a joint distribution with given margins', () => {
  const grid = distribution(16).map((cells) => cells.map((share) => 0.9 * share + 0.1 / 16));

  it('has them, and keeps every odds ratio', () => {
    fc.assert(
      fc.property(grid, distribution(4), distribution(4), (cells, rows, columns) => {
        const fitted = withMargins(cells, rows, columns);
        rows.forEach((share, row) => expect(total(fitted.slice(4 * row, 4 * row + 4))).toBeCloseTo(share, 9));
        columns.forEach((share, column) =>
          expect(total(fitted.filter((_, i) => i % 4 === column))).toBeCloseTo(share, 6),
        );
        const odds = (of: readonly number[], i: number, j: number) =>
          ((of[4 * i + j] ?? 0) * (of[15] ?? 0)) / ((of[4 * i + 3] ?? 0) * (of[12 + j] ?? 0));
        if (Math.min(...rows, ...columns) > 0.01)
          for (const i of [0, 1, 2])
            for (const j of [0, 1, 2]) expect(Math.log(odds(fitted, i, j))).toBeCloseTo(Math.log(odds(cells, i, j)), 6);
      }),
    );
  });

  it('is itself where it has them already', () => {
    fc.assert(
      fc.property(grid, (cells) => {
        const rows = [0, 1, 2, 3].map((row) => total(cells.slice(4 * row, 4 * row + 4)));
        const columns = [0, 1, 2, 3].map((column) => total(cells.filter((_, i) => i % 4 === column)));
        withMargins(cells, rows, columns).forEach((share, i) => expect(share).toBeCloseTo(cells[i] ?? NaN, 12));
      }),
    );
  });
});
