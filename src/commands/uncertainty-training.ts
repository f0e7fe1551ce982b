/** A run of `undertone uncertainty train` in its folder: encode, train, write; whatever was done before is not done again. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  INTERVAL_LEVEL,
  type TrainedAttributes,
  trainAttributes,
  trainingOf,
} from '../../models/toolkit/train/uncertainty-system.ts';
import { type UncertaintyConfig, uncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { UndertoneError } from '../errors.ts';
import { writeWhole } from './part-file.ts';
import { counted, type Progress, progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import type { TrainingOutcome } from './training.ts';
import { attributeClips, type AttributeClips, type AttributeClipsOptions } from './uncertainty-clips.ts';

/** Where and how a network of attributes is trained. */
export interface UncertaintyOptions extends Omit<AttributeClipsOptions, 'onClips'> {
  /** Folder that gets everything; made where it is not there. */
  readonly out: string;
  readonly network: NetworkOptions;
  /** Where it is told how far it is. */
  readonly stream: ProgressStream;
}

/** Names of what a run ends with. */
const NETWORK = 'attributes.onnx';
const DESCRIPTION = 'attributes.json';

/**
 * Train the network of a configuration. `out` gets a checkpoint a stage, `run.json`, and at the end `attributes.json` (what
 * it is, from what) and `attributes.onnx`.
 * @throws UndertoneError `config-invalid` when another process writes there; as corpora, encoders and training do.
 */
export function trainUncertainty(config: UncertaintyConfig, options: UncertaintyOptions): Promise<TrainingOutcome> {
  return withRunLock(options.out, () => trainLocked(config, options));
}

async function trainLocked(config: UncertaintyConfig, options: UncertaintyOptions): Promise<TrainingOutcome> {
  const { out, signal, network, stream } = options;
  const file = join(out, NETWORK);
  const clips = await toldClips(config, options, ['train']);
  const stopped = (): TrainingOutcome => {
    stream.write('stopped; what is done is kept: the same command goes on from here\n');
    return { status: 'stopped', file };
  };
  if (signal.aborted) return stopped();
  if (clips.learned.length < 2)
    throw new UndertoneError(
      'corpus-invalid',
      `${config.name} has ${clips.learned.length} clips to learn from: give it more`,
    );
  const encoderHash = createHash('sha256')
    .update(await readFile(options.encoder))
    .digest('hex');
  const fingerprint = fingerprintOf(config, encoderHash, clips);
  if (await claimRun(out, fingerprint, NETWORK)) return { status: 'before', file };
  stream.write(
    `${clips.learned.length} clips are learned from, ${clips.heldBack.length} held back, ${clips.unread} cannot be read\n`,
  );

  const bars: Progress[] = [];
  const trained = await trainAttributes(clips, config, {
    ...network,
    folder: out,
    fingerprint,
    signal,
    onStep({ done, total }) {
      if (bars.length === 0) bars.push(bar(stream, 'training', total, done));
      bars[0]?.update(done);
      if (done === total) bars.pop()?.end();
    },
    onEpoch(history) {
      const { epoch = 0, loss = NaN } = history.at(-1) ?? {};
      const line = `epoch ${epoch}  loss ${loss.toFixed(4)}`;
      if (bars[0]) bars[0].line(line);
      else stream.write(`${line}\n`);
    },
  }).finally(() => bars.pop()?.end());
  if (!trained) return stopped();
  await writeWhole(
    join(out, DESCRIPTION),
    `${JSON.stringify(
      {
        labels: 'derived',
        attributes: trained.training.attributes,
        encoder: { sha256: encoderHash },
        learnedFrom: clips.learned.length,
        heldBack: clips.heldBack.length,
        interval: { level: INTERVAL_LEVEL, factors: trained.factors },
        config,
      },
      null,
      2,
    )}\n`,
    '--out',
  );
  await endRun(out, fingerprint, NETWORK, trained.bytes);
  return { status: 'finished', file };
}

/** A network of attributes from its folder. */
export interface ReadAttributes extends Pick<TrainedAttributes, 'bytes' | 'training'> {
  readonly config: UncertaintyConfig;
}

const description = z.object({ config: uncertaintyConfig });

/**
 * Read what `trainUncertainty` wrote.
 * @throws UndertoneError `config-invalid` for a folder without.
 */
export async function readAttributes(folder: string): Promise<ReadAttributes> {
  try {
    const { config } = description.parse(JSON.parse(await readFile(join(folder, DESCRIPTION), 'utf8')));
    return { bytes: await readFile(join(folder, NETWORK)), config, training: trainingOf(config) };
  } catch (cause) {
    throw new UndertoneError(
      'config-invalid',
      `'${folder}' has no ${DESCRIPTION} and ${NETWORK} that can be read: give a folder that 'undertone uncertainty train' finished`,
      { cause },
    );
  }
}

/** `attributeClips`, with progress. */
export async function toldClips(
  config: UncertaintyConfig,
  options: UncertaintyOptions,
  splits: readonly ('train' | 'dev')[],
): Promise<AttributeClips> {
  const bars: Progress[] = [];
  try {
    return await attributeClips(
      config,
      {
        ...options,
        onClips(done, total) {
          if (bars.length === 0) bars.push(bar(options.stream, `encoding ${config.modality}s`, total));
          bars[0]?.update(done);
        },
      },
      splits,
    );
  } finally {
    bars.pop()?.end();
  }
}

function bar(stream: ProgressStream, doing: string, total: number, before = 0): Progress {
  return progress({ stream, doing, total, before, tell: counted(total), now: () => performance.now() });
}

function fingerprintOf(config: UncertaintyConfig, encoderHash: string, clips: AttributeClips): string {
  const hash = createHash('sha256').update(JSON.stringify(config)).update(encoderHash);
  for (const { id, derived } of [...clips.learned, ...clips.heldBack])
    hash.update(`\n${JSON.stringify([id, derived.valence.consensus, derived.arousal.consensus])}`);
  return hash.digest('hex');
}
