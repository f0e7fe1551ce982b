/** Do decisions come out alike for groups of people? */
import { scores } from './f1.ts';
import { at, checkLength, checkPair, type Matrix } from './matrix.ts';
import { mean, overLabels, type PerLabelMean } from './per-label.ts';
import { checkMultiHot } from './presence.ts';
import { tally, total, type Tally } from './tally.ts';

/** What one group of people meets with. */
export interface GroupFigures {
  readonly group: string;
  readonly clips: number;
  readonly macroF1: number;
}

/** Differences between groups; 0 is none. */
export interface FairnessFigures {
  /** In order of first occurrence. */
  readonly groups: readonly GroupFigures[];
  /** `macroF1Bias` of the groups, 0 to 1; paper 5 prints it in percentage points. */
  readonly macroF1Bias: number;
  /** Per label the greatest less the least share of clips that a group is said to show the label in. */
  readonly demographicParityDifference: PerLabelMean;
  /** Per label the larger of the gaps between groups in true positive rate and in false positive rate. */
  readonly equalizedOddsDifference: PerLabelMean;
}

/**
 * Performance bias and fairness across groups (paper 5, section V-B 3 and 4; DPD and EOD as Fairlearn defines them). A rate
 * that a group cannot have (a true positive rate without a clip in which the label is present) is left out of the gap.
 * A gap grows with small groups by chance alone: show it with its interval (`bootstrap`) and the groups' clips.
 * @param present [clips][C] of 0 and 1: what raters perceived.
 * @param said [clips][C] of 0 and 1: what was decided.
 * @param groups a group a clip.
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other or not of 0 and 1, and when
 * `groups` has not one entry a clip.
 * @example fairness(present, said, sexes).macroF1Bias;
 */
export function fairness(present: Matrix, said: Matrix, groups: readonly string[]): FairnessFigures {
  return total(fairnessTally(present, said, groups));
}

/** `fairness` as a tally. */
export function fairnessTally(present: Matrix, said: Matrix, groups: readonly string[]): Tally<FairnessFigures> {
  const labels = checkPair(present, said, ['present', 'said']);
  checkMultiHot('present', present);
  checkMultiHot('said', said);
  checkLength('groups', groups, present.length);
  const names = [...new Set(groups)];
  const index = new Map(names.map((name, g) => [name, g]));
  const width = 3 * labels + 1;
  return tally(
    present.length,
    names.length * width,
    (row, i) => {
      const from = (index.get(groups[i] ?? '') ?? 0) * width;
      for (let k = 0; k < labels; k++) {
        row[from + 3 * k] = at(present, i, k) * at(said, i, k);
        row[from + 3 * k + 1] = at(said, i, k);
        row[from + 3 * k + 2] = at(present, i, k);
      }
      row[from + 3 * labels] = 1;
    },
    (sums) => compare(names.map((group, g) => ({ group, sums: sums.subarray(g * width, (g + 1) * width) }))),
  );
}

/**
 * Macro-F1 bias, paper 5, Eq. 2: 1/2 mean(sum over g and i of |A_g - A_i|), read as the mean absolute difference over
 * pairs of groups, which is the reading that gives the figures of the paper's Tables 4 and 5 (there in percentage points).
 * @param macroF1s one a group.
 * @returns 0 to 1; 0 for a single group.
 * @example macroF1Bias([0.634, 0.653]); // 0.019
 */
export function macroF1Bias(macroF1s: readonly number[]): number {
  const gaps = macroF1s.flatMap((a, g) => macroF1s.slice(g + 1).map((b) => Math.abs(a - b)));
  return gaps.length === 0 ? 0 : mean(gaps);
}

interface GroupSums {
  readonly group: string;
  /** Hits, said and present of each label, then clips. */
  readonly sums: Float64Array;
}

function compare(all: readonly GroupSums[]): FairnessFigures {
  // a resample may have lost a whole group
  const met = all.filter(({ sums }) => (sums.at(-1) ?? 0) > 0);
  const labels = ((met[0]?.sums.length ?? 1) - 1) / 3;
  const groups = met.map(({ group, sums }) => ({
    group,
    clips: sums.at(-1) ?? NaN,
    macroF1: scores(sums.subarray(0, -1)).macro,
  }));
  const rates = Array.from({ length: labels }, (_, k) => met.map(({ sums }) => ratesOf(sums, k)));
  return {
    groups,
    macroF1Bias: macroF1Bias(groups.map(({ macroF1 }) => macroF1)),
    demographicParityDifference: overLabels(rates.map((groups) => gap(groups.map(({ selected }) => selected)))),
    equalizedOddsDifference: overLabels(
      rates.map((groups) => Math.max(gap(groups.map(({ hit }) => hit)), gap(groups.map(({ alarm }) => alarm)))),
    ),
  };
}

function ratesOf(sums: Float64Array, k: number) {
  const clips = sums.at(-1) ?? NaN;
  const [hits = NaN, said = NaN, present = NaN] = sums.subarray(3 * k, 3 * k + 3);
  return { selected: said / clips, hit: hits / present, alarm: (said - hits) / (clips - present) };
}

/** Greatest less least of the rates that exist; 0 where fewer than two do. */
function gap(rates: readonly number[]): number {
  const existing = rates.filter((rate) => !Number.isNaN(rate));
  return existing.length < 2 ? 0 : Math.max(...existing) - Math.min(...existing);
}
