/** A run of `undertone uncertainty train` in its folder: encode, train, write; whatever was done before is not done again. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  INTERVAL_LEVEL,
  type TrainedAttributes,
  trainAttributes,
  trainingOf,
} from '../../models/toolkit/train/uncertainty-system.ts';
import { type UncertaintyConfig, uncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import type { Modality } from '../domain.ts';
import type { FinishedAttributes } from '../../models/toolkit/attributes/attributed-pack.ts';
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
  /** `attributes.json` as it is, and what a pack has to know of it. */
  readonly record: string;
  readonly encoder: string;
  readonly interval: z.infer<typeof description>['interval'];
  readonly learnedFrom: number;
}

const description = z.object({
  encoder: z.object({ sha256: z.string() }),
  learnedFrom: z.number(),
  interval: z.object({ level: z.number(), factors: z.array(z.number()) }),
  config: uncertaintyConfig,
});

/**
 * Read what `trainUncertainty` wrote, from its folder or from a pack that it was added to.
 * @param modality of a pack's network.
 * @throws UndertoneError `config-invalid` for a folder without.
 */
export async function readAttributes(folder: string, modality: Modality = 'face'): Promise<ReadAttributes> {
  const isPack = await stat(join(folder, 'pack.json')).then(
    () => true,
    () => false,
  );
  const place = (file: string) => join(folder, isPack ? file.replace('.', `-${modality}.`) : file);
  try {
    const record = await readFile(place(DESCRIPTION), 'utf8');
    const { config, encoder, interval, learnedFrom } = description.parse(JSON.parse(record));
    const bytes = await readFile(place(NETWORK));
    return { bytes, config, training: trainingOf(config), record, encoder: encoder.sha256, interval, learnedFrom };
  } catch (cause) {
    throw new UndertoneError(
      'config-invalid',
      `'${folder}' has no ${basename(place(DESCRIPTION))} and ${basename(place(NETWORK))} that can be read: give a folder ` +
        "that 'undertone uncertainty train' finished, or a pack with such a network",
      { cause },
    );
  }
}

/** What was read, as a pack takes it. */
export function asFinished({ bytes, record, encoder, interval, training, config }: ReadAttributes): FinishedAttributes {
  return { modality: config.modality, bytes, record, encoder, interval, attributes: training.attributes };
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
