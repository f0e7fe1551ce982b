import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanNll } from '../../../src/core/calibrators/nll.ts';
import { applyPlatt, fitPlatt } from '../../../src/core/calibrators/platt.ts';
import { sigmoid } from '../../../src/core/probability.ts';
import { examples, planted, probability } from './examples.ts';

describe('Platt scaling', () => {
  it('never changes the order of two clips, whatever it was fitted on', () => {
    fc.assert(
      fc.property(examples, probability, probability, ({ p, present }, x, y) => {
        const fitted = fitPlatt(p, present);
        expect(fitted.a).toBeGreaterThan(0);
        expect(applyPlatt(fitted, Math.min(x, y))).toBeLessThanOrEqual(applyPlatt(fitted, Math.max(x, y)) + 1e-15);
      }),
    );
  });

  it('is never worse by NLL than no scaling, on what it was fitted on', () => {
    fc.assert(
      fc.property(examples, ({ p, present }) => {
        const fitted = fitPlatt(p, present);
        const after = p.map((x) => applyPlatt(fitted, x));
        expect(meanNll(after, present)).toBeLessThanOrEqual(meanNll(p, present) + 2e-6);
      }),
    );
  });

  it('predicts on average what is there on average', () => {
    const { p, present } = planted(2000, (z) => sigmoid(0.5 * z - 1));
    const fitted = fitPlatt(p, present);
    const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(mean(p.map((x) => applyPlatt(fitted, x)))).toBeCloseTo(mean(present), 4);
  });

  it('recovers a planted line', () => {
    const { p, present } = planted(20_000, (z) => sigmoid(0.6 * z - 0.8));
    const { a, b } = fitPlatt(p, present);
    expect(a).toBeCloseTo(0.6, 1);
    expect(b).toBeCloseTo(-0.8, 1);
  });

  it('counts an example of weight w as w examples', () => {
    const weighted = examples.chain(({ p, present }) =>
      fc.array(fc.nat(3), { minLength: p.length, maxLength: p.length }).map((weights) => ({ p, present, weights })),
    );
    fc.assert(
      fc.property(weighted, ({ p, present, weights }) => {
        const repeat = (list: readonly number[]) => list.flatMap((x, i) => Array<number>(weights[i] ?? 0).fill(x));
        const one = fitPlatt(p, present, { weights });
        const many = fitPlatt(repeat(p), repeat(present));
        expect(one.a).toBeCloseTo(many.a, 4);
        expect(one.b).toBeCloseTo(many.b, 4);
      }),
    );
  });

  it('stays nearer to the identity the harder it is pulled', () => {
    fc.assert(
      fc.property(examples, fc.double({ min: 0.1, max: 10, noNaN: true }), ({ p, present }, pull) => {
        const far = ({ a, b }: { readonly a: number; readonly b: number }) => (a - 1) ** 2 + b ** 2;
        const soft = fitPlatt(p, present, { pull: { a: pull, b: pull } });
        const hard = fitPlatt(p, present, { pull: { a: 3 * pull, b: 3 * pull } });
        expect(far(hard)).toBeLessThanOrEqual(far(soft) + 1e-6);
      }),
    );
    expect(fitPlatt([], [])).toEqual({ method: 'platt', a: 1, b: 0 });
  });

  it('is finite on classes that a threshold parts, and rising where the data fall', () => {
    const { a, b } = fitPlatt([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]);
    expect(a).toBeGreaterThan(1);
    expect(Number.isFinite(a) && Number.isFinite(b)).toBe(true);
    expect(fitPlatt([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]).a).toBe(0.01);
  });
});
