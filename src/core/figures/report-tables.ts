/** The tables of a report, each as words and numbers. */
import type { CalibrationComparison } from '../calibrators/compare.ts';
import type { LabelCalibration } from '../../domain.ts';
import { type Evaluation, FIGURES } from '../metrics/evaluation.ts';
import type { FairnessFigures } from '../metrics/fairness.ts';
import type { Table } from './html.ts';
import { MEASURES } from './measures.ts';

/** A number with three digits; a dash where there is none. */
export function shown(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(3);
}

/** An interval, as in `0.812 – 0.838`. */
export function between(interval: readonly [number, number] | null | undefined): string {
  return interval ? `${shown(interval[0])} – ${shown(interval[1])}` : '–';
}

/** Every scalar figure with how it was measured. */
export function figuresTable(evaluation: Evaluation): Table {
  return {
    caption: 'Every figure with its 95 % interval, and how it was measured',
    columns: ['Figure', 'Value'],
    rows: FIGURES.map((name) => {
      const { name: words, better, how } = MEASURES[name];
      const named = better === null ? { words } : { words, beside: `${better} is better` };
      return [
        { ...named, below: how },
        { words: shown(evaluation[name]), below: between(evaluation.ci[name]) },
      ];
    }),
  };
}

/** Each label's figures, with how it was calibrated where that is known. */
export function labelsTable(
  { perLabel }: Evaluation,
  labels: readonly string[],
  calibration: readonly (LabelCalibration | null)[],
): Table {
  return {
    caption:
      'Each label: F1, precision and recall of shares under the 1/C rule, presence at its threshold, and calibration',
    columns: [
      'Label',
      'Present',
      'F1',
      'Precision',
      'Recall',
      'Presence F1',
      'Threshold',
      'ECE before',
      'ECE',
      'Brier',
      'Calibrated by',
    ],
    rows: perLabel.map((of, k) => [
      labels[k] ?? '',
      String(of.support),
      ...[of.f1, of.precision, of.recall, of.presenceF1, of.threshold, of.eceUncalibrated, of.ece, of.brier].map(shown),
      calibrationWords(calibration[k]),
    ]),
  };
}

/** How groups of people fare, and by how much they differ. */
export function groupsTable(attribute: string, fairness: FairnessFigures): Table {
  const { groups, macroF1Bias, demographicParityDifference, equalizedOddsDifference } = fairness;
  return {
    caption:
      `By ${attribute}: macro-F1 bias ${shown(macroF1Bias)}, demographic parity difference ` +
      `${shown(demographicParityDifference.mean)}, equalized odds difference ${shown(equalizedOddsDifference.mean)} ` +
      '(means over labels, 0 is none)',
    columns: [attribute, 'Clips', 'Macro F1'],
    rows: groups.map(({ group, clips, macroF1 }) => [group, String(clips), shown(macroF1)]),
  };
}

/** Each method's cross-fitted scores, the best marked in words. */
export function calibrationsTable({ scores, best, folds }: CalibrationComparison): Table {
  const methods = ['uncalibrated', 'temperature', 'platt', 'isotonic'] as const;
  return {
    caption: `Ways to calibrate, each fitted ${folds} times and judged on the clips held out; means over labels, lower is better`,
    columns: ['Method', 'NLL', 'Brier', 'ECE'],
    rows: methods.map((method) => {
      const { nll, brier, ece } = scores[method].mean;
      return [
        method === best ? { words: METHOD_WORDS[method], beside: 'least NLL' } : METHOD_WORDS[method],
        ...[nll, brier, ece].map(shown),
      ];
    }),
  };
}

const METHOD_WORDS = {
  uncalibrated: 'None',
  temperature: 'Temperature',
  platt: 'Platt',
  isotonic: 'Isotonic',
} as const;

/** How a label is calibrated, in a few words; a dash where it is not. */
export function calibrationWords(calibration: LabelCalibration | null | undefined): string {
  switch (calibration?.method) {
    case undefined:
      return '–';
    case 'temperature':
      return `T ${calibration.temperature.toFixed(2)}, ${calibration.form === 'paper' ? 'paper’s form' : 'logit form'}`;
    case 'platt':
      return `Platt a ${calibration.a.toFixed(2)}, b ${calibration.b.toFixed(2).replace('-', '−')}`;
    case 'isotonic':
      return `isotonic, ${calibration.x.length} points`;
  }
}
