/** Fitting a pack's calibrations to clips that were scored: by which method, for which labels, and how well. */
import { type CalibrationComparison, compareCalibrations } from '../core/calibrators/compare.ts';
import {
  applyCalibration,
  type CalibrationMethod,
  columnOf,
  fitCalibration,
} from '../core/calibrators/label-calibration.ts';
import type { Clip } from '../core/manifest.ts';
import type { Matrix } from '../core/metrics/matrix.ts';
import { chooseThresholds, presentByShare } from '../core/metrics/presence.ts';
import type { Label, LabelCalibration, NetworkCalibration, PerLabel } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { ScoredClip, ScoredCorpus } from './scoring.ts';

/** Clips with a label, and clips without, that a fit of it needs at least. */
export const LEAST_EXAMPLES = 10;

/** `best` is the method of least cross-fitted negative log-likelihood. */
export type MethodChoice = CalibrationMethod | 'best';

/** One part of a pack, calibrated. */
export interface FittedPart {
  readonly method: 'uncalibrated' | CalibrationMethod;
  readonly calibration: NetworkCalibration;
  readonly labels: readonly Label[];
  /** Clips in which each label is present. */
  readonly support: PerLabel;
  /** Labels with too few examples; they keep the calibration that the pack had. */
  readonly kept: readonly Label[];
  /** Every method on clips held out. */
  readonly comparison: CalibrationComparison;
  /** What was held out together: speakers, or clips. */
  readonly heldOut: 'speakers' | 'clips';
  /** What the calibration was fitted on. */
  readonly uncalibrated: Matrix;
  readonly present: Matrix;
}

/** Clips that a part answered; a corpus that was scored is one. */
export interface AnsweredClips extends Pick<ScoredCorpus, 'labels'> {
  readonly scored: readonly (Pick<ScoredClip, 'clip' | 'truth'> & {
    readonly rows: readonly Pick<ScoredClip['rows'][number], 'uncalibrated'>[];
  })[];
}

/** How a part is fitted. */
export interface FitPartOptions {
  readonly method: MethodChoice;
  /** Whether the pack can keep nothing but a line (format 1): temperatures in the logit form, and Platt's. */
  readonly linesOnly: boolean;
  /** What labels with too few examples keep. */
  readonly before: NetworkCalibration;
}

/** Leaves a probability as it is. */
const KEEP: LabelCalibration = { method: 'temperature', form: 'logit', temperature: 1 };
const LOGIT_FORM = { forms: ['logit'] } as const;

/**
 * Fit one part of a pack to the first pack's answers.
 * @param name of the part, for messages.
 * @throws UndertoneError `corpus-invalid` when no label has enough examples.
 */
export function fitPart({ scored, labels }: AnsweredClips, name: string, options: FitPartOptions): FittedPart {
  const { linesOnly, before } = options;
  const uncalibrated = scored.flatMap(({ rows }) => (rows[0] ? [rows[0].uncalibrated] : []));
  const present = presentByShare(scored.map(({ truth }) => truth));
  const counts = labels.map((_, k) => columnOf(present, k).reduce((sum, y) => sum + y, 0));
  const isKept = counts.map((count) => Math.min(count, present.length - count) < LEAST_EXAMPLES);
  if (!isKept.includes(false))
    throw new UndertoneError(
      'corpus-invalid',
      `no label has ${LEAST_EXAMPLES} clips with it and ${LEAST_EXAMPLES} without among the ${present.length} scored for ` +
        `${name}: calibrate on more clips`,
    );
  const forms = linesOnly ? LOGIT_FORM : {};
  const groups = speakersOf(scored.map(({ clip }) => clip));
  const comparison = compareCalibrations(uncalibrated, present, {
    labels,
    whenConstant: 'keep',
    ...forms,
    ...(groups && { groups }),
    ...(groups && new Set(groups).size > MOST_FOLDS && { folds: MOST_FOLDS }),
  });
  const method = options.method === 'best' ? bestOf(comparison, linesOnly) : options.method;
  const fitted =
    method === 'uncalibrated'
      ? labels.map(() => KEEP)
      : fitCalibration(method, uncalibrated, present, { labels, whenConstant: 'keep', ...forms });
  const calibration = Object.fromEntries(
    labels.map((label, k) => [label, (isKept[k] === true ? before[label] : fitted[k]) ?? KEEP]),
  );
  return {
    method,
    calibration,
    labels,
    support: Object.fromEntries(labels.map((label, k) => [label, counts[k] ?? 0])),
    kept: labels.filter((_, k) => isKept[k]),
    comparison,
    heldOut: groups ? 'speakers' : 'clips',
    uncalibrated,
    present,
  };
}

/**
 * For each label the threshold of greatest F1 over all parts that judge live windows; labels without enough examples are left out.
 * @param parts that were fitted.
 */
export function thresholdsByF1(parts: readonly FittedPart[]): PerLabel {
  const labels = [...new Set(parts.flatMap((part) => part.labels))];
  const chosen: Partial<Record<Label, number>> = {};
  for (const label of labels) {
    const examples = parts.flatMap((part) => {
      const k = part.labels.indexOf(label);
      if (k < 0 || part.kept.includes(label)) return [];
      const calibration = part.calibration[label] ?? KEEP;
      return part.uncalibrated.map((row, i) => ({
        p: applyCalibration(calibration, row[k] ?? NaN),
        y: part.present[i]?.[k] ?? NaN,
      }));
    });
    if (examples.length === 0) continue;
    const [threshold = 0.5] = chooseThresholds(
      examples.map(({ y }) => [y]),
      examples.map(({ p }) => [p]),
    );
    // A manifest's thresholds lie between 0 and 1.
    chosen[label] = Math.min(1 - LEAST_THRESHOLD, Math.max(LEAST_THRESHOLD, threshold));
  }
  return chosen;
}

const LEAST_THRESHOLD = 1e-6;

/** Where there are more speakers, several are held out together. */
const MOST_FOLDS = 20;

/** A speaker for each clip, where all are known and there are two or more. */
function speakersOf(clips: readonly Clip[]): readonly string[] | null {
  const speakers = clips.flatMap(({ speaker }) => speaker ?? []);
  return speakers.length === clips.length && new Set(speakers).size > 1 ? speakers : null;
}

function bestOf({ scores, best }: CalibrationComparison, linesOnly: boolean): FittedPart['method'] {
  if (!linesOnly) return best;
  return (['uncalibrated', 'temperature', 'platt'] as const).reduce((one, other) =>
    scores[other].mean.nll < scores[one].mean.nll ? other : one,
  );
}
