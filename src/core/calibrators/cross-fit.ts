/** Calibrating each clip with what was fitted on other clips, so that a judgement of it is not of its own making. */
import type { Matrix } from '../metrics/matrix.ts';
import { permutation, type Random } from '../random.ts';
import { applyCalibration, type CalibrationMethod, fitCalibration, type FitOptions } from './label-calibration.ts';

/** Rows of the same name are held out together: a fold's number, or who speaks. */
export type Groups = readonly (string | number)[];

/**
 * Calibrated probabilities, each from a fit on the rows of all other groups. A label that is constant in all clips is
 * refused as in `fitCalibration`; where only the fitting part of one fold is constant, its probabilities stay as they are.
 * @param probabilities uncalibrated, [clips][labels]. @param present 1 or 0, [clips][labels].
 * @param groups one name a clip; two or more different ones. Speakers' names give leave-one-speaker-out.
 * @example const p = crossFit('platt', probabilities, present, speakers, { labels: LABELS });
 */
export function crossFit(
  method: CalibrationMethod,
  probabilities: Matrix,
  present: Matrix,
  groups: Groups,
  options: FitOptions,
): number[][] {
  // On all clips once, for its checks.
  fitCalibration(method, probabilities, present, options);
  const calibrated: number[][] = probabilities.map(() => []);
  for (const held of new Set(groups)) {
    const kept = (_: unknown, i: number) => groups[i] !== held;
    const fitted = fitCalibration(method, probabilities.filter(kept), present.filter(kept), {
      ...options,
      whenConstant: 'keep',
    });
    probabilities.forEach((row, i) => {
      if (groups[i] === held)
        calibrated[i] = fitted.map((calibration, column) => applyCalibration(calibration, row[column] ?? NaN));
    });
  }
  return calibrated;
}

/**
 * A fold 0 .. folds - 1 for each row, rows of one group in one fold, folds of as equally many groups as can be.
 * @param groups one name a row; all different where rows stand for themselves.
 * @example const folds = dealFolds(speakers, 5, randomStream(7, 'folds'));
 */
export function dealFolds(groups: Groups, folds: number, random: Random): number[] {
  const names = [...new Set(groups)];
  const fold = new Map(permutation(random, names.length).map((name, place) => [names[name], place % folds]));
  return groups.map((name) => fold.get(name) ?? 0);
}
