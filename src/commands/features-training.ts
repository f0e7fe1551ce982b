/** Training the systems of a configuration from features: paper 5's rows, or heads over one encoder's states. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { clipRow, clipSource } from '../../models/toolkit/train/fusion-clips.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import {
  askEach,
  type FusionSystem,
  type TrainedFusion,
  trainSystem,
} from '../../models/toolkit/train/fusion-system.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { applyCalibration } from '../core/calibrators/label-calibration.ts';
import { brier } from '../core/metrics/brier.ts';
import { presentByShare } from '../core/metrics/presence.ts';
import { sigmoid, softmax } from '../core/probability.ts';
import type { Modality, NetworkCalibration } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { fitPart } from './calibration.ts';
import {
  type ClipsConfig,
  type DatasetClip,
  type FeatureFolders,
  featuresDataset,
  type FeaturesDataset,
  openFolders,
} from './features-dataset.ts';
import { figures, type FusionFigures } from './fusion-judgement.ts';
import { writeWhole } from './part-file.ts';
import { progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import type { TrainingOutcome } from './training.ts';

/** Where and how systems are trained. */
export interface FeaturesTrainingOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  /** Folder that gets everything; made where it is not there. */
  readonly out: string;
  /** Folders of features. */
  readonly features: Readonly<Record<Modality, readonly string[]>>;
  readonly network: NetworkOptions;
  readonly signal: AbortSignal;
  readonly stream: ProgressStream;
}

/** How one system does on dev clips, given all that it takes. */
interface SystemJudgement {
  readonly name: string;
  readonly clips: number;
  readonly figures: FusionFigures;
  /** Brier score with the calibration that was fitted on held-back clips; null where there was none. */
  readonly calibratedBrier: number | null;
}

/** The file that ends a run. */
const ENDS = 'judgement.json';

/**
 * Train, calibrate and judge every system of a configuration with `clips`. `out` gets a checkpoint a half and system, `held-back.txt`,
 * for each system `system-NAME.onnx` and `system-NAME.calibration.json`, and at the end `judgement.json`. After an abort the same
 * call goes on.
 * @throws UndertoneError as `openFolders`, `featuresDataset` and `trainSystem` do.
 */
export function trainFromFeatures(config: ClipsConfig, options: FeaturesTrainingOptions): Promise<TrainingOutcome> {
  return withRunLock(options.out, () => trainLocked(config, options));
}

async function trainLocked(config: ClipsConfig, options: FeaturesTrainingOptions): Promise<TrainingOutcome> {
  const { out, signal, network, stream } = options;
  const file = join(out, ENDS);
  stream.write('verifying features ...\n');
  const folders = await openFolders(config, options.features);
  const dataset = await featuresDataset(config, folders, options.data);
  const { learned, heldBack, dev } = dataset;
  const fingerprint = fingerprintOf(config, folders, dataset);
  if (await claimRun(out, fingerprint, ENDS)) return { status: 'before', file };
  stream.write(
    `${learned.length} clips an epoch, ${heldBack.length} held back, ${dev.length} judged on; ` +
      `${dataset.unlabelled} have no vote for the labels, ${dataset.unread} no features\n`,
  );
  await writeWhole(join(out, 'held-back.txt'), heldBack.map(({ clip }) => `${clip.id}\n`).join(''), '--out');
  const judgements: SystemJudgement[] = [];
  for (const system of config.systems) {
    const bar = progress({
      stream,
      doing: `training ${system.name}`,
      total: null,
      tell: (step) => `step ${step}`,
      now: () => performance.now(),
      plainStep: 500,
    });
    const trained = await trainSystem(clipSource(learned, config.shape), system, config, {
      ...network,
      folder: out,
      fingerprint,
      signal,
      onStep({ done }) {
        bar.update(done);
      },
      onEpoch(history) {
        const { epoch = 0, loss = NaN } = history.at(-1) ?? {};
        bar.line(`system ${system.name}  epoch ${epoch}  loss ${loss.toFixed(4)}`);
      },
    }).finally(() => {
      bar.end();
    });
    if (!trained) return { status: 'stopped', file };
    const calibration = await calibrated(trained, system, heldBack, config, options);
    const judgement = await judged(trained, system, dev, calibration, config);
    judgements.push(judgement);
    const named = (suffix: string): string => join(out, `system-${system.name}.${suffix}`);
    await writeWhole(named('onnx'), trained.bytes, '--out');
    if (calibration) await writeWhole(named('calibration.json'), `${JSON.stringify(calibration, null, 2)}\n`, '--out');
    stream.write(`${line(judgement)}\n`);
  }
  await endRun(out, fingerprint, ENDS, Buffer.from(`${JSON.stringify({ systems: judgements }, null, 2)}\n`));
  return { status: 'finished', file };
}

/** A calibration, by the method of least cross-fitted loss, on clips that nothing was learned from. */
async function calibrated(
  trained: TrainedFusion,
  system: FusionSystem,
  clips: readonly DatasetClip[],
  config: FusionConfig,
  { stream }: FeaturesTrainingOptions,
): Promise<NetworkCalibration | null> {
  if (clips.length === 0) return null;
  const { truth, probabilities } = await answers(trained, system, clips, config);
  const scored = clips.map(({ clip }, i) => ({
    clip,
    truth: truth[i] ?? [],
    rows: [{ uncalibrated: probabilities[i] ?? [] }],
  }));
  try {
    const part = { method: 'best', linesOnly: false, before: {} } as const;
    return fitPart({ scored, labels: config.labels }, `system ${system.name}`, part).calibration;
  } catch (thrown) {
    // Too few clips are no reason to throw a trained system away.
    if (!(thrown instanceof UndertoneError) || thrown.code !== 'corpus-invalid') throw thrown;
    stream.write(`system ${system.name} is not calibrated: ${thrown.message}\n`);
    return null;
  }
}

async function judged(
  trained: TrainedFusion,
  system: FusionSystem,
  clips: readonly DatasetClip[],
  calibration: NetworkCalibration | null,
  config: FusionConfig,
): Promise<SystemJudgement> {
  const { truth, shares, probabilities } = await answers(trained, system, clips, config);
  const fitted = (row: readonly number[]): readonly number[] =>
    row.map((p, k) => {
      const one = calibration?.[config.labels[k] ?? 'neutral'];
      return one ? applyCalibration(one, p) : p;
    });
  return {
    name: system.name,
    clips: clips.length,
    figures: figures(truth, shares, probabilities),
    calibratedBrier: calibration && brier(presentByShare(truth), probabilities.map(fitted)).mean,
  };
}

/** What a system says of clips, each given all that it takes, beside what raters said. */
async function answers(
  trained: TrainedFusion,
  system: FusionSystem,
  clips: readonly DatasetClip[],
  { shape }: FusionConfig,
): Promise<Record<'truth' | 'shares' | 'probabilities', readonly (readonly number[])[]>> {
  const { voice, face } = system;
  const rowOf = (i: number) => {
    const clip = clips[i] ?? { voice: null, face: null, targets: {} };
    return clipRow(
      { ...clip, ...(voice.length === 0 && { voice: null }), ...(face.length === 0 && { face: null }) },
      shape,
    );
  };
  const heads = await askEach(trained, { length: clips.length, rowOf }, shape);
  return {
    truth: clips.map(({ targets }) => targets[learnedBy(system)]?.shares ?? []),
    shares: heads.map(({ shareLogits }) => softmax(shareLogits)),
    probabilities: heads.map(({ presenceLogits }) => Array.from(presenceLogits, sigmoid)),
  };
}

/** A system of one half learns that half's labels. */
function learnedBy({ voice, face, learns }: FusionSystem): FusionSystem['learns'] {
  return voice.length === 0 || face.length === 0 ? (voice[0] ?? face[0] ?? learns) : learns;
}

function fingerprintOf(
  config: FusionConfig,
  folders: FeatureFolders,
  { learned, dev, heldBack }: FeaturesDataset,
): string {
  const hash = createHash('sha256').update(JSON.stringify(config));
  for (const { manifest } of [...folders.voice, ...folders.face]) hash.update(`\n${JSON.stringify(manifest)}`);
  for (const { clip, targets } of [...learned, ...heldBack, ...dev])
    hash.update(`\n${JSON.stringify([clip.id, targets])}`);
  return hash.digest('hex');
}

function line({ name, figures, calibratedBrier }: SystemJudgement): string {
  const said = Object.entries(figures).map(([figure, value]) => `${figure} ${(value as number).toFixed(4)}`);
  const calibrated = calibratedBrier === null ? [] : [`calibrated brier ${calibratedBrier.toFixed(4)}`];
  return [`system ${name}`, ...said, ...calibrated].join('  ');
}
