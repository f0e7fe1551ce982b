/** Training the systems of a configuration from features: paper 5's rows, or heads over one encoder's states. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { clipSource } from '../../models/toolkit/train/fusion-clips.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { type FusionSystem, type TrainedFusion, trainSystem } from '../../models/toolkit/train/fusion-system.ts';
import { systemFiles, type SystemRecord } from '../../models/toolkit/train/system-record.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import type { Modality } from '../domain.ts';
import {
  type ClipsConfig,
  type FeatureFolders,
  featuresDataset,
  type FeaturesDataset,
  openFolders,
} from './features-dataset.ts';
import { writeWhole } from './part-file.ts';
import { progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import { calibrateSystem, judgeSystem, type SystemJudgement } from './system-judgement.ts';
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

/** The file that ends a run. */
const ENDS = 'judgement.json';

/**
 * Train, calibrate and judge every system of a configuration with `clips`. `out` gets a checkpoint a half and system, `held-back.txt`,
 * for each system its network, record and calibration (`systemFiles`), and at the end `judgement.json`. After an abort the same call
 * goes on.
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
    const record = recordOf(trained, system, config, folders, dataset);
    const { calibration, why } = await calibrateSystem(trained, record, heldBack, config);
    for (const reason of why) stream.write(`${reason}\n`);
    const judgement = await judgeSystem(trained, record, calibration, dev, config);
    judgements.push(judgement);
    const files = systemFiles(system.name);
    await writeWhole(join(out, files.network), trained.bytes, '--out');
    if (calibration) await writeWhole(join(out, files.calibration), json(calibration), '--out');
    await writeWhole(join(out, files.record), json(record), '--out');
    for (const said of lines(judgement)) stream.write(`${said}\n`);
  }
  await endRun(out, fingerprint, ENDS, Buffer.from(json({ systems: judgements })));
  return { status: 'finished', file };
}

function fingerprintOf(
  config: FusionConfig,
  folders: FeatureFolders,
  { learned, dev, heldBack }: FeaturesDataset,
): string {
  // The number changes with what a run leaves behind.
  const hash = createHash('sha256').update(JSON.stringify([2, config]));
  for (const { manifest } of [...folders.voice, ...folders.face]) hash.update(`\n${JSON.stringify(manifest)}`);
  for (const { clip, targets } of [...learned, ...heldBack, ...dev])
    hash.update(`\n${JSON.stringify([clip.id, targets])}`);
  return hash.digest('hex');
}

/** What a pack must know of a system, besides its network. */
function recordOf(
  { bytes }: TrainedFusion,
  { name, voice, face, learns }: FusionSystem,
  { clips, labels, variation }: ClipsConfig,
  folders: FeatureFolders,
  { learned }: FeaturesDataset,
): SystemRecord {
  const both = voice.length > 0 && face.length > 0;
  const [heard, seen] = [folders.voice[0]?.manifest.making, folders.face[0]?.manifest.making];
  return {
    format: 1,
    name,
    network: createHash('sha256').update(bytes).digest('hex'),
    labels,
    halves: { voice: [...voice], face: [...face] },
    learns: voice[0] && face[0] ? learns : (voice[0] ?? face[0] ?? learns),
    // The head for one modality alone has learned only where rows lost the other.
    answers: [
      ...(voice.length > 0 && (!both || variation.dropFace > 0) ? (['voice'] as const) : []),
      ...(face.length > 0 && (!both || variation.dropVoice > 0) ? (['face'] as const) : []),
      ...(both ? (['both'] as const) : []),
    ],
    features: { ...(voice[0] && heard && { voice: heard }), ...(face[0] && seen && { face: seen }) },
    corpora: clips.corpora,
    clips: learned.length,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function lines({ name, given }: SystemJudgement): readonly string[] {
  return Object.entries(given).map(([subset, { figures, calibratedBrier }]) => {
    const said = Object.entries(figures).map(([figure, value]) => `${figure} ${(value as number).toFixed(4)}`);
    const calibrated = calibratedBrier === null ? [] : [`calibrated brier ${calibratedBrier.toFixed(4)}`];
    return [`system ${name}`, `given ${subset}`, ...said, ...calibrated].join('  ');
  });
}
