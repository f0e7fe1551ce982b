/** The risk-coverage curve of labels: what `undertone reject curve` prints. */
import { f1Tally } from '../metrics/f1.ts';
import type { Scored } from '../metrics/evaluation.ts';
import { presentByShare } from '../metrics/presence.ts';
import { join, meanTally } from '../metrics/tally.ts';
import { misses } from '../metrics/top1.ts';
import { type Areas, areas } from './aurc.ts';
import { coverageCurve, type CurveOptions } from './curve.ts';

/** Raters and pack, clip by clip. */
export type LabelledClips = Pick<Scored, 'truth' | 'shares' | 'probabilities'>;

/** One way to cut. */
export interface LabelPoint {
  /** Share of clips that the threshold accepts. */
  readonly coverage: number;
  /** The greatest doubt that is accepted, in the score's unit. */
  readonly threshold: number;
  /** Share of the accepted whose most probable label is not the raters' first; any of tied firsts will do. */
  readonly risk: number;
  /** Macro-F1 of the accepted under the 1/C rule. */
  readonly macroF1: number;
}

/** From the greatest coverage to the least, with the areas over all coverages. */
export interface LabelCurve extends Areas {
  readonly points: readonly LabelPoint[];
}

/**
 * Risk and macro-F1 against coverage (paper 2, section V-B, with labels for its attributes).
 * @param doubt a finite number a clip; of another modality where its uncertainty is to be transferred (section V-C).
 * @throws RangeError as `coverageCurve`, and for matrices that are no shares or unlike.
 * @example labelCurve(scored, rows.map(({ doubts }) => doubts.entropy)).eaurc;
 */
export function labelCurve(
  { truth, shares, probabilities }: LabelledClips,
  doubt: readonly number[],
  options: CurveOptions = {},
): LabelCurve {
  const wrong = misses(truth, probabilities, { ties: 'any' }).map(Number);
  const measured = join({ risk: meanTally(wrong), f1: f1Tally(presentByShare(truth), presentByShare(shares)) });
  return {
    points: coverageCurve(doubt, measured, options).map(({ coverage, threshold, figures: { risk, f1 } }) => ({
      coverage,
      threshold,
      risk,
      macroF1: f1.macro,
    })),
    ...areas(doubt, wrong),
  };
}
