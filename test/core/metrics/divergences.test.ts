import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concordance } from '../../../src/core/metrics/concordance.ts';
import { divergences } from '../../../src/core/metrics/divergences.ts';
import { clips, column } from './arbitraries.ts';

describe('divergences', () => {
  it('are 0 between like distributions and never less', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const [truth, shares] = [column(list, 'truth'), column(list, 'shares')];
        expect(divergences(truth, truth)).toEqual({ kld: 0, jsd: 0, tvd: 0 });
        const { kld, jsd, tvd } = divergences(truth, shares);
        expect(kld).toBeGreaterThanOrEqual(-1e-12);
        expect(jsd).toBeGreaterThanOrEqual(-1e-12);
        expect(jsd).toBeLessThanOrEqual(Math.LN2 + 1e-12);
        expect(tvd).toBeLessThanOrEqual(1 + 1e-12);
        // Pinsker's inequality, and the bound of Jensen-Shannon by total variation (Lin, 1991); means keep both
        expect(kld).toBeGreaterThanOrEqual(2 * tvd ** 2 - 1e-12);
        expect(jsd).toBeLessThanOrEqual(Math.LN2 * tvd + 1e-12);
      }),
    );
  });

  it('of Jensen and Shannon, and total variation, are symmetric', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const [truth, shares] = [column(list, 'truth'), column(list, 'shares')];
        const [there, back] = [divergences(truth, shares), divergences(shares, truth)];
        expect(there.jsd).toBeCloseTo(back.jsd, 12);
        expect(there.tvd).toBeCloseTo(back.tvd, 12);
      }),
    );
  });

  it('reach their bounds where nothing is shared, and stay finite there', () => {
    const { kld, jsd, tvd } = divergences([[1, 0]], [[0, 1]]);
    expect(jsd).toBeCloseTo(Math.LN2, 12);
    expect(tvd).toBe(1);
    expect(kld).toBeCloseTo(12 * Math.LN10, 9);
  });

  it('refuse rows that are no distribution', () => {
    expect(() => divergences([[0.5, 0.5]], [[0.5, 0.4]])).toThrow('prediction: row 0 sums to 0.9');
  });
});

describe('concordance', () => {
  const scores = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 20 });

  it('is symmetric, at most 1, and lowered by a shift that leaves the correlation alone', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.5, max: 5, noNaN: true }), (list, shift) => {
        fc.pre(new Set(list).size > 1 && Math.max(...list) - Math.min(...list) > 0.1);
        expect(concordance(list, list)).toBeCloseTo(1, 12);
        const shifted = list.map((x) => x + shift);
        expect(concordance(list, shifted)).toBeLessThan(1);
        expect(concordance(list, shifted)).toBeCloseTo(concordance(shifted, list), 12);
      }),
    );
  });

  it('refuses what is not finite, and lists of unlike length', () => {
    expect(() => concordance([1, NaN], [1, 2])).toThrow('truth: row 1 is NaN');
    expect(() => concordance([1], [1, 2])).toThrow(RangeError);
    expect(() => concordance([], [])).toThrow(RangeError);
  });
});
