/** What a reject option buys: figures of the clips that are still accepted, as the most uncertain are rejected first. */
import { checkLength } from '../metrics/matrix.ts';
import type { Tally } from '../metrics/tally.ts';

/** One way to cut: accept the clips whose uncertainty is at most `threshold`. */
export interface CoveragePoint<Figures> {
  /** Share of clips that this threshold accepts, above 0 to 1: counted, so that tied clips stand on one side. */
  readonly coverage: number;
  /** The greatest uncertainty that is accepted, in the score's own unit. */
  readonly threshold: number;
  /** Of the accepted clips. */
  readonly figures: Figures;
}

/** Coverages from 1 down to 0.2 in steps of 0.05: the range of the paper's Fig. 3 and 4. */
export const COVERAGES: readonly number[] = Array.from({ length: 17 }, (_, step) => (20 - step) / 20);

/** What is asked of a curve. */
export interface CurveOptions {
  /** Coverages that are wanted, each above 0 to 1. Default `COVERAGES`. */
  readonly coverages?: readonly number[];
}

/**
 * Performance against coverage (paper 2, section V-B and Fig. 3). The score may be anything that rises with doubt: the
 * entropy of the predicted shares, 1 - confidence, or what was learned from another attribute or modality, which is the
 * paper's uncertainty transfer (section V-C): only the order in which clips are rejected comes from it.
 *
 * A threshold accepts or rejects clips of equal uncertainty together. For each coverage that is wanted there is the least
 * threshold that accepts as many clips or more; coverages that ties make one point appear once.
 * @param uncertainty a finite number a clip, in any unit.
 * @param tally what is measured of the accepted clips: `f1Tally`, `meanTally` of errors, `concordanceTally`, or several
 * together by `join`.
 * @returns from the greatest coverage that is wanted to the least.
 * @throws RangeError when there is no clip, the lists differ in length, an uncertainty is not finite or a coverage is not
 * above 0 to 1.
 * @example coverageCurve([0.1, 0.9], meanTally([0, 1]))[0]; // { coverage: 1, threshold: 0.9, figures: 0.5 }
 */
export function coverageCurve<Figures>(
  uncertainty: readonly number[],
  tally: Tally<Figures>,
  { coverages = COVERAGES }: CurveOptions = {},
): readonly CoveragePoint<Figures>[] {
  checkLength('tally', { length: tally.clips }, uncertainty.length);
  const cuts = new Map(coverages.map((coverage) => cutAt(uncertainty, coverage)).map((cut) => [cut.accepted, cut]));
  const rising = risingOrder(uncertainty);
  const sums = new Float64Array(tally.width);
  const points: CoveragePoint<Figures>[] = [];
  rising.forEach((clip, i) => {
    const from = clip * tally.width;
    for (let j = 0; j < tally.width; j++) sums[j] = (sums[j] ?? 0) + (tally.terms[from + j] ?? NaN);
    const cut = cuts.get(i + 1);
    if (cut === undefined) return;
    const { coverage, threshold } = cut;
    points.push({ coverage, threshold, figures: tally.figures(sums.slice()) });
  });
  return points.reverse();
}

/** Where a threshold cuts a list of clips. */
export interface Cut {
  readonly threshold: number;
  /** Clips whose uncertainty is at most the threshold. */
  readonly accepted: number;
  /** The same as a share of all. */
  readonly coverage: number;
}

/**
 * The least threshold that accepts the wanted share of clips: with ties it may accept more, never fewer.
 * @throws RangeError as `coverageCurve`.
 * @example cutAt([0.1, 0.2, 0.2, 0.9], 0.5); // { threshold: 0.2, accepted: 3, coverage: 0.75 }
 */
export function cutAt(uncertainty: readonly number[], coverage: number): Cut {
  const clips = uncertainty.length;
  if (!(coverage > 0 && coverage <= 1)) throw new RangeError(`coverage is ${coverage}, not above 0 to 1`);
  const rising = risingOrder(uncertainty).map((clip) => uncertainty[clip] ?? NaN);
  // 0.15 of 20 clips are 3 of them, though 0.15 * 20 is a little more in doubles
  const wanted = Math.max(1, Math.ceil(coverage * clips - 1e-9));
  const threshold = rising[wanted - 1] ?? NaN;
  const beyond = rising.findIndex((u) => u > threshold);
  const accepted = beyond === -1 ? clips : beyond;
  return { threshold, accepted, coverage: accepted / clips };
}

/** Clips from the surest to the least sure. @throws RangeError naming the first clip whose uncertainty is not finite. */
export function risingOrder(uncertainty: readonly number[]): readonly number[] {
  if (uncertainty.length === 0) throw new RangeError('uncertainty: no clip');
  const odd = uncertainty.findIndex((u) => !Number.isFinite(u));
  if (odd >= 0) throw new RangeError(`uncertainty: clip ${odd} has ${uncertainty[odd] ?? NaN}, not a finite number`);
  return uncertainty.map((_, clip) => clip).sort((a, b) => (uncertainty[a] ?? NaN) - (uncertainty[b] ?? NaN));
}
