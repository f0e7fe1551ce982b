/** What a trained system says of clips that it did not learn from, given some of its modalities: calibrated, and judged. */
import { clipRow } from '../../models/toolkit/train/fusion-clips.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { askEach, type TrainedFusion } from '../../models/toolkit/train/fusion-system.ts';
import type { FittedSubset, SystemCalibration, SystemRecord } from '../../models/toolkit/train/system-record.ts';
import { applyCalibration } from '../core/calibrators/label-calibration.ts';
import type { Stimulus } from '../core/manifest.ts';
import { brier } from '../core/metrics/brier.ts';
import { presentByShare } from '../core/metrics/presence.ts';
import { sigmoid, softmax } from '../core/probability.ts';
import type { ModalitySubset } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { fitPart } from './calibration.ts';
import type { DatasetClip } from './features-dataset.ts';
import { figures, type FusionFigures } from './fusion-judgement.ts';

/** How a system does on clips, given one subset of its modalities. */
interface SubsetJudgement {
  readonly figures: FusionFigures;
  /** Brier score with the calibration that was fitted on held-back clips; null where there was none. */
  readonly calibratedBrier: number | null;
}

/** How a system does on dev clips. */
export interface SystemJudgement {
  readonly name: string;
  readonly clips: number;
  readonly given: Readonly<Partial<Record<ModalitySubset, SubsetJudgement>>>;
}

/**
 * Calibrate a system for each subset of modalities that it answers for, the others masked: by the method of least cross-fitted
 * loss, on clips that nothing was learned from.
 * @returns null where nothing could be fitted; and why something could not be.
 */
export async function calibrateSystem(
  trained: TrainedFusion,
  record: SystemRecord,
  clips: readonly DatasetClip[],
  config: FusionConfig,
): Promise<{ readonly calibration: SystemCalibration | null; readonly why: readonly string[] }> {
  const subsets: Partial<Record<ModalitySubset, FittedSubset>> = {};
  const why: string[] = [];
  for (const subset of clips.length > 0 ? record.answers : []) {
    const { votes, truth, probabilities } = await answers(trained, record, clips, subset, config);
    const scored = clips.map(({ clip }, i) => ({
      clip,
      truth: truth[i] ?? [],
      rows: [{ uncalibrated: probabilities[i] ?? [] }],
    }));
    try {
      const options = { method: 'best', linesOnly: false, before: {} } as const;
      const { method, calibration, kept } = fitPart(
        { scored, labels: record.labels },
        `system ${record.name}`,
        options,
      );
      // The record's types are mutable where a calibration's are not.
      const copy = structuredClone(calibration) as FittedSubset['calibration'];
      subsets[subset] = { votes, clips: clips.length, method, kept: [...kept], calibration: copy };
    } catch (thrown) {
      // Too few clips are no reason to throw a trained system away.
      if (!(thrown instanceof UndertoneError) || thrown.code !== 'corpus-invalid') throw thrown;
      why.push(`system ${record.name}, given ${subset}, is not calibrated: ${thrown.message}`);
    }
  }
  const none = Object.keys(subsets).length === 0;
  return { calibration: none ? null : { network: record.network, subsets }, why };
}

/** Judge a system on clips, for each subset of modalities that it answers for. */
export async function judgeSystem(
  trained: TrainedFusion,
  record: SystemRecord,
  calibration: SystemCalibration | null,
  clips: readonly DatasetClip[],
  config: FusionConfig,
): Promise<SystemJudgement> {
  const given: Partial<Record<ModalitySubset, SubsetJudgement>> = {};
  for (const subset of record.answers) {
    const { truth, shares, probabilities } = await answers(trained, record, clips, subset, config);
    const fitted = calibration?.subsets[subset]?.calibration;
    const calibrated = (row: readonly number[]): readonly number[] =>
      row.map((p, k) => {
        const one = fitted?.[record.labels[k] ?? 'neutral'];
        return one ? applyCalibration(one, p) : p;
      });
    given[subset] = {
      figures: figures(truth, shares, probabilities),
      calibratedBrier: fitted ? brier(presentByShare(truth), probabilities.map(calibrated)).mean : null,
    };
  }
  return { name: record.name, clips: clips.length, given };
}

interface Answers {
  readonly votes: Stimulus;
  readonly truth: readonly (readonly number[])[];
  readonly shares: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
}

/** What a system says of clips, what is not in the subset masked, beside what raters said. */
async function answers(
  trained: TrainedFusion,
  { halves, learns }: SystemRecord,
  clips: readonly DatasetClip[],
  subset: ModalitySubset,
  { shape }: FusionConfig,
): Promise<Answers> {
  const rowOf = (i: number) => {
    const { voice, face, targets } = clips[i] ?? { voice: null, face: null, targets: {} };
    const given = { voice: subset === 'face' ? null : voice, face: subset === 'voice' ? null : face, targets };
    return clipRow(given, shape);
  };
  const heads = await askEach(trained, { length: clips.length, rowOf }, shape);
  // As in training: what has lost a modality is told by raters who had no more than that, where there are any.
  const lost = subset !== 'both' && halves.voice.length > 0 && halves.face.length > 0;
  const votes = lost && clips.every(({ targets }) => targets[subset]) ? subset : learns;
  return {
    votes,
    truth: clips.map(({ targets }) => targets[votes]?.shares ?? []),
    shares: heads.map(({ shareLogits }) => softmax(shareLogits)),
    probabilities: heads.map(({ presenceLogits }) => Array.from(presenceLogits, sigmoid)),
  };
}
