import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanNll } from '../../../src/core/calibrators/nll.ts';
import { applyTemperature, fitTemperature } from '../../../src/core/calibrators/temperature.ts';
import type { TemperatureScaling } from '../../../src/domain.ts';
import { logit, sigmoid, softmax } from '../../../src/core/probability.ts';
import { examples, planted, probability } from './examples.ts';

const scaling: fc.Arbitrary<TemperatureScaling> = fc.record({
  method: fc.constant('temperature' as const),
  form: fc.constantFrom('logit', 'paper'),
  temperature: fc.double({ min: 0.01, max: 100, noNaN: true }),
});

describe('temperature scaling', () => {
  it('never changes the order of two clips', () => {
    fc.assert(
      fc.property(scaling, probability, probability, (t, p, q) => {
        const [low, high] = [Math.min(p, q), Math.max(p, q)];
        expect(applyTemperature(t, low)).toBeLessThanOrEqual(applyTemperature(t, high) + 1e-15);
      }),
    );
  });

  it('never moves a probability to the other side of 0.5, so F1 at 0.5 stays', () => {
    fc.assert(
      fc.property(scaling, probability, (t, p) => {
        expect(Math.sign(applyTemperature(t, p) - 0.5)).toBe(Math.sign(p - 0.5));
      }),
    );
  });

  it('is the identity at T = 1 in the logit form', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (p) => {
        expect(applyTemperature({ method: 'temperature', form: 'logit', temperature: 1 }, p)).toBeCloseTo(p, 12);
      }),
    );
  });

  it('follows Eq. 6 and 7 of paper 1 in the paper’s form', () => {
    fc.assert(
      fc.property(probability, fc.double({ min: 0.05, max: 100, noNaN: true }), (p, temperature) => {
        const a = softmax([p, 1 - p]).map((x) => Math.log(x));
        const [c] = softmax(a.map((x) => x / temperature));
        expect(applyTemperature({ method: 'temperature', form: 'paper', temperature }, p)).toBeCloseTo(c ?? NaN, 9);
      }),
    );
  });

  it('is never worse by NLL than no scaling, on what it was fitted on', () => {
    fc.assert(
      fc.property(examples, ({ p, present }) => {
        const fitted = fitTemperature(p, present);
        const after = p.map((x) => applyTemperature(fitted, x));
        // meanNll holds probabilities within 1e-6, so that a sure hit costs up to 1e-6 more there than in the fit.
        expect(meanNll(after, present)).toBeLessThanOrEqual(meanNll(p, present) + 2e-6);
      }),
    );
  });

  it('finds no better temperature beside the one it gives', () => {
    fc.assert(
      fc.property(
        examples,
        fc.constantFrom('logit' as const, 'paper' as const),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        ({ p, present }, form, temperature) => {
          // Away from the ends, where holding within 1e-6 would flatten both.
          const inner = p.map((x) => 0.01 + 0.98 * x);
          const nll = (t: TemperatureScaling) =>
            inner.reduce((sum, x, i) => {
              const u = (form === 'logit' ? logit(x) : 2 * x - 1) / t.temperature;
              return sum + Math.log1p(Math.exp(-Math.abs(u))) + Math.max(present[i] === 1 ? -u : u, 0);
            }, 0);
          const fitted = fitTemperature(inner, present, { forms: [form] });
          expect(nll(fitted)).toBeLessThanOrEqual(nll({ ...fitted, temperature }) + 1e-9);
        },
      ),
    );
  });

  it.each([0.4, 1, 2.5])('recovers a planted temperature of %d in the logit form, and names it', (temperature) => {
    const { p, present } = planted(20_000, (z) => sigmoid(z / temperature));
    const fitted = fitTemperature(p, present);
    expect(fitted.form).toBe('logit');
    expect(fitted.temperature / temperature).toBeCloseTo(1, 1);
  });

  it('recovers a planted temperature of 0.3 in the paper’s form, and names it', () => {
    const { p, present } = planted(20_000, (z) => sigmoid((2 * sigmoid(z) - 1) / 0.3));
    const fitted = fitTemperature(p, present);
    expect(fitted.form).toBe('paper');
    expect(fitted.temperature).toBeCloseTo(0.3, 1);
  });

  it('stays within [0.01, 100] where the classes part, or part the wrong way', () => {
    expect(fitTemperature([0.1, 0.9], [0, 1], { forms: ['logit'] }).temperature).toBeCloseTo(0.01, 9);
    expect(fitTemperature([0.1, 0.9], [1, 0], { forms: ['paper'] }).temperature).toBeCloseTo(100, 9);
  });
});
