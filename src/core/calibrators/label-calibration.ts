/** Calibration of many labels by one of three methods: what `calibrate` fits, a pack keeps and the monitor applies. */
import type { LabelCalibration } from '../../domain.ts';
import { UndertoneError } from '../../errors.ts';
import type { Matrix } from '../metrics/matrix.ts';
import { applyIsotonic, fitIsotonic } from './isotonic.ts';
import { applyPlatt, fitPlatt } from './platt.ts';
import { applyTemperature, fitTemperature, type TemperatureOptions } from './temperature.ts';

/** Methods by which a label can be calibrated, the fewest parameters first. */
export const CALIBRATION_METHODS = ['temperature', 'platt', 'isotonic'] as const;

/** One of `CALIBRATION_METHODS`. */
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

/** What fitting needs to know besides numbers. */
export interface FitOptions extends TemperatureOptions {
  /** Names of the columns, for errors. */
  readonly labels: readonly string[];
  /** A label that is always or never present: 'refuse' throws, 'keep' leaves its probabilities as they are. Default 'refuse'. */
  readonly whenConstant?: 'refuse' | 'keep';
}

/** Leaves a probability as it is, but for holding it within 1e-6 of 0 and 1. */
const KEEP: LabelCalibration = { method: 'temperature', form: 'logit', temperature: 1 };

/**
 * A calibrated presence probability from an uncalibrated one, p in [0, 1]. Never changes the order of two clips.
 * @example applyCalibration({ method: 'platt', a: 1, b: -1 }, 0.5); // 0.269
 */
export function applyCalibration(calibration: LabelCalibration, p: number): number {
  switch (calibration.method) {
    case 'temperature':
      return applyTemperature(calibration, p);
    case 'platt':
      return applyPlatt(calibration, p);
    case 'isotonic':
      return applyIsotonic(calibration, p);
  }
}

/**
 * A calibration for each label, fitted by negative log-likelihood on clips that no network was trained on.
 * @param probabilities uncalibrated presence probabilities, [clips][labels], in [0, 1].
 * @param present 1 where more than 1/C of the raters chose the label, else 0, [clips][labels].
 * @returns one calibration a label, in the columns' order.
 * @throws UndertoneError `corpus-invalid` where shapes differ, a number is not a probability or not 0 or 1, or a label is
 * always or never present (unless `whenConstant` is 'keep').
 * @example const [neutral] = fitCalibration('temperature', probabilities, present, { labels: LABELS });
 */
export function fitCalibration(
  method: CalibrationMethod,
  probabilities: Matrix,
  present: Matrix,
  { labels, whenConstant = 'refuse', ...options }: FitOptions,
): LabelCalibration[] {
  checkExamples(probabilities, present, labels);
  return labels.map((label, column) => {
    const p = columnOf(probabilities, column);
    const y = columnOf(present, column);
    const positives = y.reduce((sum, value) => sum + value, 0);
    if (positives > 0 && positives < y.length) return fitLabel(method, p, y, options);
    if (whenConstant === 'keep') return KEEP;
    throw new UndertoneError(
      'corpus-invalid',
      `'${label}' is ${positives === 0 ? 'never' : 'always'} present in the ${y.length} clips to calibrate on, so there ` +
        `is nothing to fit: use clips where it varies, or keep its probabilities as they are (whenConstant: 'keep')`,
    );
  });
}

/** One column of a matrix, such as all clips' numbers of one label. */
export function columnOf(matrix: Matrix, column: number): number[] {
  return matrix.map((row) => row[column] ?? NaN);
}

function fitLabel(
  method: CalibrationMethod,
  p: readonly number[],
  present: readonly number[],
  options: TemperatureOptions,
): LabelCalibration {
  switch (method) {
    case 'temperature':
      return fitTemperature(p, present, options);
    case 'platt':
      return fitPlatt(p, present);
    case 'isotonic':
      return fitIsotonic(p, present);
  }
}

function checkExamples(probabilities: Matrix, present: Matrix, labels: readonly string[]): void {
  const refuse = (why: string) => new UndertoneError('corpus-invalid', `cannot calibrate: ${why}`);
  if (probabilities.length === 0) throw refuse('there are no clips: give a corpus with at least one labelled clip');
  if (probabilities.length !== present.length)
    throw refuse(
      `${probabilities.length} clips have probabilities and ${present.length} have labels: give one row a clip`,
    );
  probabilities.forEach((row, i) => {
    const truth = present[i] ?? [];
    if (row.length !== labels.length || truth.length !== labels.length)
      throw refuse(`clip ${i} has ${row.length} probabilities and ${truth.length} labels for ${labels.length} names`);
    labels.forEach((label, column) => {
      const [p, y] = [row[column] ?? NaN, truth[column] ?? NaN];
      if (!(p >= 0 && p <= 1)) throw refuse(`clip ${i} has ${p} for '${label}', which is not a probability`);
      if (y !== 0 && y !== 1) throw refuse(`clip ${i} has presence ${y} for '${label}': it must be 0 or 1`);
    });
  });
}
