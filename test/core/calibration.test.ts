import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/core/calibration.ts';
import { LABELS } from '../../src/core/labels.ts';
import { headLogits } from './arbitraries.ts';
import { entropy, logit, sigmoid, softmax } from '../../src/core/probability.ts';

const scaling = (a: number, b: number) =>
  Object.fromEntries(LABELS.map((label) => [label, { method: 'platt', a, b } as const]));
const logits = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 8, maxLength: 8 });

describe('calibration', () => {
  it('never changes the order of two windows for a label', () => {
    fc.assert(
      fc.property(
        logits,
        logits,
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (x, y, a, b) => {
          const network = { labels: LABELS, calibration: scaling(a, b) };
          const [p, q] = [calibrate(headLogits(x), network), calibrate(headLogits(y), network)];
          for (const label of LABELS)
            if ((p.shares[label] ?? 0) >= (q.shares[label] ?? 0))
              expect(p.probabilities[label]).toBeGreaterThanOrEqual((q.probabilities[label] ?? 0) - 1e-12);
        },
      ),
    );
  });

  it('is the identity for a = 1, b = 0', () => {
    const { shares, probabilities } = calibrate(headLogits([2, 1, 0, -1, 0.5, 0, 0, 0]), {
      labels: LABELS,
      calibration: scaling(1, 0),
    });
    for (const label of LABELS) expect(probabilities[label]).toBeCloseTo(shares[label] ?? NaN, 6);
  });

  it('calibrates the presence head, and leaves the shares to theirs', () => {
    const labels = ['anger', 'fear', 'sadness', 'disgust'] as const;
    const heads = { shareLogits: Float32Array.of(0, 0, 0, 0), presenceLogits: Float32Array.of(2, 2, 2, 2) };
    const { shares, probabilities } = calibrate(heads, {
      labels,
      calibration: {
        anger: { method: 'temperature', form: 'logit', temperature: 2 },
        fear: { method: 'platt', a: 0.5, b: -1 },
        sadness: { method: 'isotonic', x: [0, 1], y: [0.2, 0.2] },
      },
    });
    for (const label of labels) expect(shares[label]).toBeCloseTo(0.25, 9);
    expect(probabilities.anger).toBeCloseTo(sigmoid(1), 6);
    expect(probabilities.fear).toBeCloseTo(0.5, 6);
    expect(probabilities.sadness).toBeCloseTo(0.2, 9);
    expect(probabilities.disgust).toBeCloseTo(sigmoid(2), 6);
  });

  it('gives shares that sum to 1, however large the logits', () => {
    const network = { labels: LABELS, calibration: scaling(1, 0) };
    const { shares } = calibrate(headLogits([1000, 999, -1000, 0, 0, 0, 0, 0]), network);
    expect(Object.values(shares).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9);
  });
});

describe('formulas', () => {
  it('sigmoid undoes logit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (p) => {
        expect(sigmoid(logit(p))).toBeCloseTo(p, 9);
      }),
    );
  });

  it('softmax ignores a constant added to all logits', () => {
    fc.assert(
      fc.property(logits, fc.double({ min: -50, max: 50, noNaN: true }), (x, c) => {
        const shifted = softmax(x.map((value) => value + c));
        softmax(x).forEach((p, i) => {
          expect(shifted[i]).toBeCloseTo(p, 9);
        });
      }),
    );
  });

  it('entropy is 0 for certainty and ln C for the uniform distribution', () => {
    expect(entropy([1, 0, 0])).toBe(0);
    expect(entropy([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(Math.log(4), 12);
  });
});
