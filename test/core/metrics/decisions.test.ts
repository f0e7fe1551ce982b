import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f1 } from '../../../src/core/metrics/f1.ts';
import { chooseThresholds, presentByShare, presentByThreshold } from '../../../src/core/metrics/presence.ts';
import { misses, top } from '../../../src/core/metrics/top1.ts';
import { clips, column } from './arbitraries.ts';

describe('presence', () => {
  it('by shares is always strictly more than 1/C, so an even split is nothing', () => {
    expect(presentByShare([[0.25, 0.25, 0.25, 0.25]])).toEqual([[0, 0, 0, 0]]);
    expect(presentByShare([[2 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 0]])).toEqual([[1, 0, 0, 0, 0, 0]]);
  });

  it('at chosen thresholds has an F1 that no other thresholds beat', () => {
    fc.assert(
      fc.property(clips, fc.double({ min: 0, max: 1, noNaN: true }), (list, other) => {
        const [present, p] = [column(list, 'present'), column(list, 'probabilities')];
        const best = f1(present, presentByThreshold(p, chooseThresholds(present, p)));
        const rival = f1(present, presentByThreshold(p, other));
        best.perLabel.forEach(({ f1 }, k) => {
          expect(f1).toBeGreaterThanOrEqual(rival.perLabel[k]?.f1 ?? NaN);
        });
      }),
    );
  });

  it('keeps 0.5 for a label that never occurs, and the threshold nearest to 0.5 among equals', () => {
    expect(chooseThresholds([[0], [0]], [[0.9], [0.1]])).toEqual([0.5]);
    expect(chooseThresholds([[1], [0]], [[0.9], [0.3]])[0]).toBeCloseTo(0.6, 12);
  });
});

describe('F1', () => {
  it('does not depend on the order of clips, nor macro-F1 on the order of labels', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const [present, said] = [column(list, 'present'), column(list, 'said')];
        const scores = f1(present, said);
        expect(f1(present.toReversed(), said.toReversed())).toEqual(scores);
        const renamed = f1(
          present.map((row) => row.toReversed()),
          said.map((row) => row.toReversed()),
        );
        expect(renamed.macro).toBeCloseTo(scores.macro, 12);
        expect(renamed.micro).toBe(scores.micro);
      }),
    );
  });

  it('is 0 to 1, the harmonic mean of precision and recall, and 1 for what is exactly right', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const present = column(list, 'present');
        for (const { f1: score, precision, recall } of f1(present, column(list, 'said')).perLabel) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(score).toBeCloseTo(precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall), 12);
        }
        const right = f1(present, present);
        expect(right.perLabel.every(({ f1, support }) => f1 === (support > 0 ? 1 : 0))).toBe(true);
      }),
    );
  });

  it('of a label neither present nor said is 0 and counts in the macro mean alone', () => {
    const scores = f1([[1, 0]], [[1, 0]]);
    expect(scores).toMatchObject({ macro: 0.5, micro: 1, weighted: 1 });
    expect(scores.perLabel[1]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
  });
});

describe('the first label', () => {
  it('is hit as often as the diagonal of the confusion says, more often where ties are forgiven', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const [truth, shares] = [column(list, 'truth'), column(list, 'shares')];
        const strict = top(truth, shares);
        const hits = strict.confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
        expect(strict.confusion.flat().reduce((sum, x) => sum + x, 0)).toBe(list.length);
        expect(strict.top1).toBe(hits / list.length);
        const forgiving = top(truth, shares, { ties: 'any' });
        expect(forgiving.top1).toBeGreaterThanOrEqual(strict.top1);
        expect(misses(truth, shares).filter((wrong) => !wrong)).toHaveLength(hits);
      }),
    );
  });

  it('of tied raters is the first in label order, or any of them when asked', () => {
    const [truth, shares] = [[[0.5, 0.5, 0]], [[0.2, 0.6, 0.2]]];
    expect(top(truth, shares)).toMatchObject({ top1: 0, uar: 0 });
    expect(top(truth, shares, { ties: 'any' })).toMatchObject({ top1: 1, uar: 1 });
    expect(misses(truth, shares, { ties: 'any' })).toEqual([false]);
  });

  it('gives each label that occurs the same say in the average recall', () => {
    const truth = [
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ];
    const allFirst = truth.map(() => [0.8, 0.1, 0.1]);
    expect(top(truth, allFirst)).toMatchObject({ top1: 0.75, uar: 0.5 });
  });
});
