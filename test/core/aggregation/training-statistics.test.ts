import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classWeights, positiveClips } from '../../../src/core/aggregation/class-weights.ts';
import { cooccurrence, penaltyMatrix, penaltyWeights } from '../../../src/core/aggregation/co-occurrence.ts';
import { LABELS } from '../../../src/core/labels.ts';

const counts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 8, maxLength: 8 });
const beta = fc.double({ min: 0, max: 1, noNaN: true });
const rows = fc
  .array(fc.array(fc.constantFrom(0, 1), { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 30 })
  .map((given) => [...given, LABELS.map(() => 1)]);

describe('classWeights', () => {
  it('never weigh a label more than a rarer one', () => {
    fc.assert(
      fc.property(counts, beta, (n, beta) => {
        const weights = classWeights(n, LABELS, { beta });
        n.forEach((a, j) => {
          n.forEach((b, k) => {
            if (a < b) expect(weights[j]).toBeGreaterThanOrEqual((weights[k] ?? NaN) * (1 - 1e-12));
          });
        });
      }),
    );
  });

  it('lie between inverse frequency and 1', () => {
    fc.assert(
      fc.property(counts, beta, (n, beta) => {
        classWeights(n, LABELS, { beta }).forEach((weight, k) => {
          expect(weight).toBeGreaterThanOrEqual((1 / (n[k] ?? NaN)) * (1 - 1e-9));
          expect(weight).toBeLessThanOrEqual(1 + 1e-12);
        });
      }),
    );
  });

  it('keep their ratios when their mean is made 1', () => {
    fc.assert(
      fc.property(counts, beta, (n, beta) => {
        const [printed, scaled] = [classWeights(n, LABELS, { beta }), classWeights(n, LABELS, { beta, meanOne: true })];
        expect(scaled.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(8, 9);
        scaled.forEach((weight, k) => {
          expect(weight / (scaled[0] ?? NaN)).toBeCloseTo((printed[k] ?? NaN) / (printed[0] ?? NaN), 9);
        });
      }),
    );
  });

  it('are one over the sum of beta^i for i below n, which is what Eq. 2 shortens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0.01, max: 0.9999, noNaN: true }), (n, beta) => {
        const effective = Array.from({ length: n }, (_, i) => beta ** i).reduce((sum, x) => sum + x, 0);
        expect((classWeights([n], ['fear'], { beta })[0] ?? NaN) * effective).toBeCloseTo(1, 9);
      }),
    );
  });

  it('have the values of Eq. 2, and its limits where it cannot be computed', () => {
    expect(classWeights([1, 2], ['anger', 'fear'], { beta: 0.99 })).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(0.01 / 0.0199, 12),
    ]);
    expect(classWeights([4, 10], ['anger', 'fear'], { beta: 1 })).toEqual([0.25, 0.1]);
    expect(classWeights([4, 10], ['anger', 'fear'], { beta: 0 })).toEqual([1, 1]);
  });

  it('name a label that is never positive, and refuse a beta that is no share', () => {
    expect(() => classWeights([3, 0], ['anger', 'fear'])).toThrow(
      expect.objectContaining({
        code: 'corpus-invalid',
        message: expect.stringMatching(/label 'fear' is never positive in training: leave it out/) as string,
      }),
    );
    for (const beta of [-0.1, 1.1, NaN]) expect(() => classWeights([1], ['anger'], { beta })).toThrow(RangeError);
  });
});

describe('co-occurrence', () => {
  it('is symmetric, with the positive clips on its diagonal, which no entry of the row exceeds', () => {
    fc.assert(
      fc.property(rows, (clips) => {
        const matrix = cooccurrence(clips, 8);
        expect(matrix.map((row, j) => row[j])).toEqual(positiveClips(clips));
        matrix.forEach((row, j) => {
          row.forEach((count, z) => {
            expect(count).toBe(matrix[z]?.[j]);
            expect(count).toBeLessThanOrEqual(row[j] ?? NaN);
          });
        });
      }),
    );
  });

  it('takes the multi-hot rows of a graph as well', () => {
    expect(cooccurrence([Float32Array.of(1, 1), Float32Array.of(1, 0)], 2)).toEqual([
      [2, 1],
      [1, 1],
    ]);
  });
});

describe('the penalization matrix', () => {
  it('is in [0, 1], 0 on the diagonal, and 1 for labels that are never together', () => {
    fc.assert(
      fc.property(rows, (clips) => {
        const together = cooccurrence(clips, 8);
        penaltyMatrix(together, LABELS).forEach((row, j) => {
          row.forEach((penalty, z) => {
            expect(penalty >= 0 && penalty <= 1).toBe(true);
            if (j === z) expect(penalty).toBe(0);
            if (together[j]?.[z] === 0) expect(penalty).toBe(1);
          });
        });
      }),
    );
  });

  it('does not depend on how often the train set is seen', () => {
    fc.assert(
      fc.property(rows, (clips) => {
        const [once, twice] = [clips, [...clips, ...clips]].map((set) => penaltyMatrix(cooccurrence(set, 8), LABELS));
        expect(twice).toEqual(once);
      }),
    );
  });

  it('lets labels be renamed', () => {
    fc.assert(
      fc.property(rows, fc.shuffledSubarray([...LABELS.keys()], { minLength: 8 }), (clips, order) => {
        const before = penaltyMatrix(cooccurrence(clips, 8), LABELS);
        const renamed = clips.map((row) => order.map((k) => row[k] ?? 0));
        const labels = order.flatMap((k) => LABELS[k] ?? []);
        const after = penaltyMatrix(cooccurrence(renamed, 8), labels);
        expect(after).toEqual(order.map((j) => order.map((z) => before[j]?.[z])));
      }),
    );
  });

  it('penalises what comes without the other most, and sums to the weights of Eq. 3', () => {
    const clips = [
      [1, 1, 0],
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
      [0, 0, 1],
    ];
    const penalties = penaltyMatrix(cooccurrence(clips, 3), ['anger', 'fear', 'happiness']);
    expect(penalties).toEqual([
      [0, 0.75, 1],
      [0, 0, 1],
      [1, 1, 0],
    ]);
    expect(penaltyWeights(penalties)).toEqual([1.75, 1, 2]);
  });

  it('names a label that is never positive', () => {
    expect(() => penaltyMatrix(cooccurrence([[1, 0]], 2), ['anger', 'fear'])).toThrow(/'fear' is never positive/);
  });
});
