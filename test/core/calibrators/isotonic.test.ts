import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyIsotonic, fitIsotonic } from '../../../src/core/calibrators/isotonic.ts';
import { meanNll } from '../../../src/core/calibrators/nll.ts';
import { examples, probability } from './examples.ts';

const squared = (p: readonly number[], present: readonly number[]) =>
  p.reduce((sum, x, i) => sum + (x - (present[i] ?? NaN)) ** 2, 0);

describe('isotonic scaling', () => {
  it('never falls, and keeps the order of clips exactly', () => {
    fc.assert(
      fc.property(examples, probability, probability, ({ p, present }, one, other) => {
        const fitted = fitIsotonic(p, present);
        expect(fitted.x).toEqual([...new Set(fitted.x)].sort((x, y) => x - y));
        expect(fitted.y).toEqual([...fitted.y].sort((x, y) => x - y));
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(applyIsotonic(fitted, low)).toBeLessThanOrEqual(applyIsotonic(fitted, high));
      }),
    );
  });

  it('stays within [1 / 2n, 1 - 1 / 2n]', () => {
    fc.assert(
      fc.property(examples, probability, ({ p, present }, x) => {
        const y = applyIsotonic(fitIsotonic(p, present), x);
        expect(y).toBeGreaterThanOrEqual(0.5 / p.length);
        expect(y).toBeLessThanOrEqual(1 - 0.5 / p.length);
      }),
    );
  });

  it('is nearer to the truth than any other rising curve, on what it was fitted on', () => {
    const curve = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(examples, curve, ({ p, present }, levels) => {
        const fitted = fitIsotonic(p, present);
        const least = 0.5 / p.length;
        const rising = levels.sort((x, y) => x - y).map((y) => Math.min(1 - least, Math.max(least, y)));
        const ranks = [...new Set(p)].sort((x, y) => x - y);
        const other = p.map((x) => rising[ranks.indexOf(x)] ?? NaN);
        const own = p.map((x) => applyIsotonic(fitted, x));
        expect(squared(own, present)).toBeLessThanOrEqual(squared(other, present) + 1e-9);
        expect(meanNll(own, present)).toBeLessThanOrEqual(meanNll(other, present) + 1e-9);
      }),
    );
  });

  it('pays for its doubt at most half an example against no scaling, by NLL', () => {
    fc.assert(
      fc.property(examples, ({ p, present }) => {
        const fitted = fitIsotonic(p, present);
        const after = p.map((x) => applyIsotonic(fitted, x));
        const doubt = -Math.log(1 - 0.5 / p.length);
        expect(meanNll(after, present)).toBeLessThanOrEqual(meanNll(p, present) + doubt + 1e-9);
      }),
    );
  });

  it('does not depend on the order of the examples', () => {
    fc.assert(
      fc.property(examples, ({ p, present }) => {
        expect(fitIsotonic(p.toReversed(), present.toReversed())).toEqual(fitIsotonic(p, present));
      }),
    );
  });

  it('pools violators and draws lines between steps', () => {
    const fitted = fitIsotonic([0.1, 0.3, 0.4, 0.6, 0.9], [0, 1, 0, 0, 1]);
    expect(fitted.x).toEqual([0.1, 0.3, 0.6, 0.9]);
    expect(fitted.y).toEqual([0.1, 1 / 3, 1 / 3, 0.9]);
    expect(applyIsotonic(fitted, 0.5)).toBeCloseTo(1 / 3, 12);
    expect(applyIsotonic(fitted, 0.75)).toBeCloseTo((1 / 3 + 0.9) / 2, 12);
    expect([applyIsotonic(fitted, 0), applyIsotonic(fitted, 1)]).toEqual([0.1, 0.9]);
  });
});
