import { describe, expect, it } from 'vitest';
import { brier } from '../../../src/core/metrics/brier.ts';
import { concordance } from '../../../src/core/metrics/concordance.ts';
import { divergences } from '../../../src/core/metrics/divergences.ts';
import { ece } from '../../../src/core/metrics/ece.ts';
import { evaluate } from '../../../src/core/metrics/evaluation.ts';
import { f1 } from '../../../src/core/metrics/f1.ts';
import { fairness } from '../../../src/core/metrics/fairness.ts';
import { presentByShare, presentByThreshold } from '../../../src/core/metrics/presence.ts';
import { top } from '../../../src/core/metrics/top1.ts';
import { randomStream } from '../../../src/core/random.ts';
import { REFERENCE } from './arbitraries.ts';

const { truth, shares, probabilities, groups, expected } = REFERENCE;
const present = presentByShare(truth);
const said = presentByThreshold(probabilities, 0.5);

/** Largest difference of two lists, of equal length. */
const off = (actual: number | readonly number[], wanted: number | readonly number[]): number => {
  const [a, b] = [[actual].flat(), [wanted].flat()];
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))));
};

describe('figures of the reference clips agree with scikit-learn, SciPy and Fairlearn to 1e-9', () => {
  const scores = f1(present, presentByShare(shares));
  const { top1, uar } = top(truth, shares);
  const errors = brier(present, probabilities);
  const calibration = ece(present, probabilities);
  const distances = divergences(truth, shares);
  const gaps = fairness(present, said, groups);
  const inGroupOrder = gaps.groups.toSorted((a, b) => a.group.localeCompare(b.group));

  it.each<[string, number | readonly number[], number | readonly number[]]>([
    ['macro-F1 of shares', scores.macro, expected.macroF1Share],
    ['micro-F1 of shares', scores.micro, expected.microF1Share],
    ['weighted F1 of shares', scores.weighted, expected.weightedF1Share],
    ['macro-F1 of presence', f1(present, said).macro, expected.macroF1Presence],
    ['top-1 accuracy', top1, expected.top1],
    ['unweighted average recall', uar, expected.uar],
    ['Brier score by label', errors.perLabel, expected.brierPerLabel],
    ['Brier score', errors.mean, expected.brierMean],
    ['calibration error by label', calibration.perLabel, expected.ecePerLabel],
    ['calibration error', calibration.mean, expected.ece],
    ['Kullback-Leibler divergence', distances.kld, expected.kldTrueToPred],
    ['Jensen-Shannon divergence', distances.jsd, expected.jsdNats],
    ['total variation distance', distances.tvd, expected.tvd],
    ['concordance', concordance(REFERENCE.attributeTrue, REFERENCE.attributePred), expected.ccc],
    [
      'demographic parity difference',
      gaps.demographicParityDifference.perLabel,
      expected.demographicParityDifferencePerLabel,
    ],
    ['equalized odds difference', gaps.equalizedOddsDifference.perLabel, expected.equalizedOddsDifferencePerLabel],
    ['macro-F1 by group', inGroupOrder.map(({ macroF1 }) => macroF1), expected.macroF1ByGroup],
  ])('%s', (_name, actual, wanted) => {
    expect(off(actual, wanted)).toBeLessThan(1e-9);
  });

  it('and so does the row of an evaluation', () => {
    const row = evaluate(
      {
        truth,
        shares,
        probabilities,
        uncalibrated: probabilities,
        accepted: truth.map(() => true),
        thresholds: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      },
      { random: randomStream('reference'), resamples: 20 },
    );
    const pairs = [
      [row.top1, expected.top1],
      [row.uar, expected.uar],
      [row.macroF1, expected.macroF1Share],
      [row.microF1, expected.microF1Share],
      [row.weightedF1, expected.weightedF1Share],
      [row.macroF1Presence, expected.macroF1Presence],
      [row.ece, expected.ece],
      [row.eceUncalibrated, expected.ece],
      [row.brier, expected.brierMean],
      [row.kld, expected.kldTrueToPred],
      [row.jsd, expected.jsdNats],
      [row.acceptedMacroF1, expected.macroF1Share],
    ] as const;
    for (const [actual, wanted] of pairs) expect(off(actual ?? NaN, wanted)).toBeLessThan(1e-9);
    expect(row.perLabel.map((label) => label.brier)).toEqual([...errors.perLabel]);
    expect(row.perLabel.map((label) => label.support)).toEqual(scores.perLabel.map((label) => label.support));
  });
});
