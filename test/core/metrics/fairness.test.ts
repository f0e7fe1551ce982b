import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f1 } from '../../../src/core/metrics/f1.ts';
import { fairness, fairnessTally, macroF1Bias } from '../../../src/core/metrics/fairness.ts';
import { total, weighted } from '../../../src/core/metrics/tally.ts';
import { clips, column } from './arbitraries.ts';

describe('macro-F1 bias', () => {
  // Tables 4 (race) and 5 (sex) of paper 5: macro-F1 to three places, bias in percentage points
  it.each([
    [[0.646, 0.632, 0.645, 0.599], 2.6],
    [[0.662, 0.677, 0.648, 0.616], 3.27],
    [[0.697, 0.711, 0.694, 0.572], 7.02],
    [[0.536, 0.533, 0.582, 0.438], 7.27],
    [[0.638, 0.641, 0.63, 0.468], 8.79],
    [[0.662, 0.653, 0.66, 0.464], 9.99],
    [[0.676, 0.647, 0.677, 0.63], 2.8],
    [[0.716, 0.72, 0.721, 0.566], 7.8],
    [[0.759, 0.78, 0.762, 0.639], 7.15],
    [[0.765, 0.752, 0.764, 0.627], 7.12],
    [[0.771, 0.765, 0.77, 0.619], 7.71],
    [[0.77, 0.769, 0.774, 0.668], 5.31],
    [[0.634, 0.653], 1.86],
    [[0.544, 0.587], 4.32],
    [[0.762, 0.781], 1.86],
  ])('of %j is what the paper prints', (macroF1s, points) => {
    expect(Math.abs(100 * macroF1Bias(macroF1s) - points)).toBeLessThan(0.1);
  });

  it('is 0 for groups alike, and for one group', () => {
    expect(macroF1Bias([0.6, 0.6, 0.6])).toBe(0);
    expect(macroF1Bias([0.6])).toBe(0);
  });
});

describe('fairness', () => {
  it('is 0 to 1, and does not depend on what groups are called or in what order clips come', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const figures = fairness(column(list, 'present'), column(list, 'said'), column(list, 'group'));
        const back = list.toReversed();
        const renamed = fairness(
          column(back, 'present'),
          column(back, 'said'),
          column(back, 'group').map((group) => `${group}'`),
        );
        expect(renamed.macroF1Bias).toBeCloseTo(figures.macroF1Bias, 12);
        expect(renamed.demographicParityDifference).toEqual(figures.demographicParityDifference);
        expect(renamed.equalizedOddsDifference).toEqual(figures.equalizedOddsDifference);
        for (const { mean } of [figures.demographicParityDifference, figures.equalizedOddsDifference]) {
          expect(mean).toBeGreaterThanOrEqual(0);
          expect(mean).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('scores each group as if it stood alone', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const { groups } = fairness(column(list, 'present'), column(list, 'said'), column(list, 'group'));
        for (const { group, clips, macroF1 } of groups) {
          const alone = list.filter((clip) => clip.group === group);
          expect(clips).toBe(alone.length);
          expect(macroF1).toBe(f1(column(alone, 'present'), column(alone, 'said')).macro);
        }
      }),
    );
  });

  it('sees no odds unequal where decisions are right, yet selection rates differ', () => {
    const present = [[1], [1], [0], [0], [1], [0], [0], [0]];
    const groups = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b'];
    const { demographicParityDifference, equalizedOddsDifference } = fairness(present, present, groups);
    expect(demographicParityDifference.mean).toBe(0.25);
    expect(equalizedOddsDifference.mean).toBe(0);
  });

  it('compares no rate that a group cannot have', () => {
    const figures = fairness([[1], [0], [0]], [[1], [0], [1]], ['a', 'b', 'b']);
    expect(figures.equalizedOddsDifference.perLabel).toEqual([0]);
  });

  it('of a resample without a group is of the others', () => {
    const tally = fairnessTally([[1], [0], [0]], [[1], [0], [1]], ['a', 'b', 'b']);
    expect(total(tally).groups).toHaveLength(2);
    expect(weighted(tally, Float64Array.from([0, 1, 1]))).toMatchObject({ groups: [{ group: 'b' }], macroF1Bias: 0 });
  });

  it('refuses groups of another length', () => {
    expect(() => fairness([[1]], [[1]], [])).toThrow('groups has 0 entries where 1 are due');
  });
});
