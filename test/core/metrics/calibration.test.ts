import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brier } from '../../../src/core/metrics/brier.ts';
import { ece, reliability } from '../../../src/core/metrics/ece.ts';
import { riskCoverage } from '../../../src/core/metrics/risk-coverage.ts';
import { clips, column, REFERENCE } from './arbitraries.ts';

describe('expected calibration error', () => {
  it('is 0 to 1, 0 for certain and right, 1 for certain and wrong', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const present = column(list, 'present');
        const { mean } = ece(present, column(list, 'probabilities'));
        expect(mean).toBeGreaterThanOrEqual(0);
        expect(mean).toBeLessThanOrEqual(1);
        expect(ece(present, present).mean).toBe(0);
        const opposite = present.map((row) => row.map((x) => 1 - x));
        expect(ece(present, opposite).mean).toBe(1);
      }),
    );
  });

  it('is what the bins of the reliability diagram say', () => {
    fc.assert(
      fc.property(clips, fc.integer({ min: 1, max: 20 }), (list, bins) => {
        const [present, p] = [column(list, 'present'), column(list, 'probabilities')];
        const fromBins = reliability(present, p, { bins }).map((label) =>
          label.reduce(
            (sum, { clips, confidence, accuracy }) =>
              sum + (clips / list.length) * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
            0,
          ),
        );
        ece(present, p, { bins }).perLabel.forEach((error, k) => {
          expect(error).toBeCloseTo(fromBins[k] ?? NaN, 12);
        });
      }),
    );
  });

  it('bins by confidence, an upper edge belonging to the lower bin', () => {
    const [bins] = reliability([[1], [0], [1]], [[0.6], [0.4], [1]]);
    expect(bins?.filter((bin) => bin.clips > 0)).toEqual([
      { low: 8 / 15, high: 9 / 15, clips: 2, confidence: 0.6, accuracy: 1 },
      { low: 14 / 15, high: 1, clips: 1, confidence: 1, accuracy: 1 },
    ]);
  });

  it('refuses bins that are no positive integer', () => {
    expect(() => ece([[1]], [[0.5]], { bins: 0 })).toThrow(RangeError);
  });
});

describe('Brier score', () => {
  it('as a plain mean is 0 to 1, 0 only for certain and right', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const present = column(list, 'present');
        const { mean } = brier(present, column(list, 'probabilities'));
        expect(mean).toBeGreaterThanOrEqual(0);
        expect(mean).toBeLessThanOrEqual(1);
        expect(brier(present, present).mean).toBe(0);
      }),
    );
  });

  it('by the letter of Eq. 1 divides by the clips of the emotion, and is no less than the plain mean of such labels', () => {
    const scores = brier([[1], [0], [0], [0]], [[0.5], [0.5], [0.5], [0.5]]);
    expect(scores).toEqual({ mean: 0.25, perLabel: [0.25], equation1: 1 });
    const { truth, probabilities } = REFERENCE;
    const present = truth.map((row) => row.map((share) => (share > 1 / 6 ? 1 : 0)));
    const { mean, equation1 } = brier(present, probabilities);
    expect(equation1).toBeGreaterThan(mean);
  });
});

describe('risk and coverage', () => {
  const sure = fc.array(fc.record({ confidence: fc.integer({ min: 0, max: 10 }), wrong: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  });

  it('ends with all clips at the risk of all, whatever their order', () => {
    fc.assert(
      fc.property(sure, (list) => {
        const trade = (clips: typeof list) =>
          riskCoverage(
            clips.map(({ confidence }) => confidence / 10),
            clips.map(({ wrong }) => wrong),
          );
        const { curve, area } = trade(list);
        const errors = list.filter(({ wrong }) => wrong).length;
        expect(curve.at(-1)).toMatchObject({ coverage: 1, risk: errors / list.length });
        expect(curve.map(({ coverage }) => coverage)).toEqual(
          curve.map(({ coverage }) => coverage).toSorted((a, b) => a - b),
        );
        expect(area).toBeGreaterThanOrEqual(0);
        expect(area).toBeLessThanOrEqual(1 + 1e-12);
        expect(trade(list.toReversed())).toEqual({ curve, area });
      }),
    );
  });

  it('has no risk until the wrong clips, if those are the least sure', () => {
    expect(riskCoverage([0.9, 0.8, 0.6, 0.6], [false, false, true, false])).toEqual({
      curve: [
        { least: 0.9, coverage: 0.25, risk: 0 },
        { least: 0.8, coverage: 0.5, risk: 0 },
        { least: 0.6, coverage: 1, risk: 0.25 },
      ],
      area: 0.125,
    });
  });
});
