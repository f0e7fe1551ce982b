/** Which calibration is the best for a network: each method judged on clips that it was not fitted on. */
import { brier } from '../metrics/brier.ts';
import { ece } from '../metrics/ece.ts';
import type { Matrix } from '../metrics/matrix.ts';
import { randomStream } from '../random.ts';
import { crossFit, dealFolds, type Groups } from './cross-fit.ts';
import { CALIBRATION_METHODS, type CalibrationMethod, columnOf, type FitOptions } from './label-calibration.ts';
import { meanNll } from './nll.ts';

/** How well probabilities agree with presence; lower is better throughout. */
export interface CalibrationScores {
  /** Negative log-likelihood in nats. */
  readonly nll: number;
  /** Mean squared distance from presence. */
  readonly brier: number;
  /** Expected calibration error of the confidence max(p, 1 - p), 15 equal bins (paper 1, Eq. 8). */
  readonly ece: number;
}

/** Scores of one way to calibrate: for each label, and their mean over labels. */
export interface MethodScores {
  readonly mean: CalibrationScores;
  readonly perLabel: readonly CalibrationScores[];
}

/** Each method beside no method. */
export interface CalibrationComparison {
  readonly scores: Readonly<Record<'uncalibrated' | CalibrationMethod, MethodScores>>;
  /** The method of least mean negative log-likelihood. */
  readonly best: 'uncalibrated' | CalibrationMethod;
  /** Fits behind each method's scores. */
  readonly folds: number;
}

/** How clips are divided. */
export interface CompareOptions extends FitOptions {
  /** One name a clip, such as its speaker: each name is held out in its turn. Default: `folds` random parts. */
  readonly groups?: Groups;
  /** Parts that clips are dealt into, or groups where there are any and not each is to be its own part. Default 10. */
  readonly folds?: number;
  /** Of the dealing. Default 1. */
  readonly seed?: number;
}

/**
 * Cross-fitted scores of every method.
 * @param probabilities uncalibrated, [clips][labels]. @param present 1 or 0, [clips][labels].
 * @throws UndertoneError `corpus-invalid` as `fitCalibration`.
 * @example compareCalibrations(probabilities, present, { labels: LABELS, groups: speakers }).best; // 'platt'
 */
export function compareCalibrations(
  probabilities: Matrix,
  present: Matrix,
  { groups, folds, seed = 1, ...options }: CompareOptions,
): CalibrationComparison {
  const rows = groups ?? probabilities.map((_, i) => i);
  const parts =
    groups !== undefined && folds === undefined
      ? groups
      : dealFolds(rows, folds ?? 10, randomStream(seed, 'calibration-folds'));
  const of = (method: CalibrationMethod) =>
    score(crossFit(method, probabilities, present, parts, options), present, options);
  const scores = {
    uncalibrated: score(probabilities, present, options),
    temperature: of('temperature'),
    platt: of('platt'),
    isotonic: of('isotonic'),
  };
  const best = (['uncalibrated', ...CALIBRATION_METHODS] as const).reduce((one, other) =>
    scores[other].mean.nll < scores[one].mean.nll ? other : one,
  );
  return { scores, best, folds: new Set(parts).size };
}

function score(probabilities: Matrix, present: Matrix, { labels }: FitOptions): MethodScores {
  const errors = ece(present, probabilities);
  const squares = brier(present, probabilities);
  const perLabel = labels.map((_, k) => ({
    nll: meanNll(columnOf(probabilities, k), columnOf(present, k)),
    brier: squares.perLabel[k] ?? NaN,
    ece: errors.perLabel[k] ?? NaN,
  }));
  const nll = perLabel.reduce((sum, label) => sum + label.nll, 0) / labels.length;
  return { mean: { nll, brier: squares.mean, ece: errors.mean }, perLabel };
}
