/** A run of `undertone annotators train` in its folder: rate, encode, train each variant, write. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  annotatorConfig,
  type AnnotatorConfig,
  annotatorTraining,
} from '../../models/toolkit/train/annotator-config.ts';
import {
  type AnnotatorExample,
  annotatorModel,
  annotatorTask,
  type Variant,
} from '../../models/toolkit/train/annotator-task.ts';
import { type History, train } from '../../models/toolkit/train/loop.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { UndertoneError } from '../errors.ts';
import {
  type AnnotatedClip,
  type AnnotatedClips,
  annotatedClips,
  type AnnotatorClipsOptions,
} from './annotator-clips.ts';
import { writeWhole } from './part-file.ts';
import { counted, type Progress, progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import type { TrainingOutcome } from './training.ts';

/** Where and how annotators are trained. */
export interface AnnotatorOptions extends Omit<AnnotatorClipsOptions, 'onClips'> {
  /** Folder that gets everything; made where it is not there. */
  readonly out: string;
  readonly network: NetworkOptions;
  /** Where it is told how far it is. */
  readonly stream: ProgressStream;
}

/** What a run ends with. */
const DESCRIPTION = 'annotators.json';

/**
 * Train the variants of a configuration. `out` gets a checkpoint and a network a variant, `run.json`, and at the end
 * `annotators.json`: raters, configuration, encoder. After an abort the same call goes on.
 * @throws UndertoneError `config-invalid` when another process writes there, `corpus-invalid` without a clip to learn from;
 * as corpora, encoders and training do.
 */
export function trainAnnotators(config: AnnotatorConfig, options: AnnotatorOptions): Promise<TrainingOutcome> {
  return withRunLock(options.out, () => trainLocked(config, options));
}

async function trainLocked(config: AnnotatorConfig, options: AnnotatorOptions): Promise<TrainingOutcome> {
  const { out, signal, stream } = options;
  const file = join(out, DESCRIPTION);
  const stopped = (): TrainingOutcome => {
    stream.write('stopped; what is done is kept: the same command goes on from here\n');
    return { status: 'stopped', file };
  };
  const found = await toldClips(config, 'train', options);
  if (signal.aborted) return stopped();
  const { clips, unrated, unread } = found;
  const raters = [...new Set(clips.flatMap(({ ratings }) => ratings.map(({ rater }) => rater)))].toSorted();
  stream.write(
    `${clips.length} clips by ${raters.length} raters are learned from; ${unrated} have too few ratings, ${unread} cannot be read\n`,
  );
  if (clips.length < 2)
    throw new UndertoneError(
      'corpus-invalid',
      `${config.name} has ${clips.length} clips to learn from: give clips with at least ${config.fewest} 'ratings' of ` +
        "valence and arousal, or 'simulate' raters",
    );
  const encoderHash = sha256(await readFile(options.encoder));
  const fingerprint = fingerprintOf(config, encoderHash, clips);
  if (await claimRun(out, fingerprint, DESCRIPTION)) return { status: 'before', file };

  const examples = examplesOf(clips, raters);
  const networks: Partial<Record<Variant, string>> = {};
  for (const variant of config.variants) {
    const model = await trainVariant(examples, variant, config, raters.length, { ...options, fingerprint });
    if (!model) return stopped();
    await writeWhole(join(out, networkFile(variant)), model, '--out');
    networks[variant] = sha256(model);
  }
  const described = {
    labels: config.simulate ? 'derived' : 'rated',
    raters,
    ratings: ratingsByRater(clips, raters),
    learnedFrom: clips.length,
    encoder: { sha256: encoderHash },
    networks,
    data: options.data,
    config,
  };
  await endRun(out, fingerprint, DESCRIPTION, Buffer.from(`${JSON.stringify(described, null, 2)}\n`));
  return { status: 'finished', file };
}

async function trainVariant(
  examples: readonly AnnotatorExample[],
  variant: Variant,
  config: AnnotatorConfig,
  raters: number,
  { out, network, signal, stream, fingerprint }: AnnotatorOptions & { readonly fingerprint: string },
): Promise<Uint8Array | null> {
  const training = annotatorTraining(config, raters);
  const { schedule } = config;
  const bars: Progress[] = [];
  const { finished, weights } = await train(annotatorTask(examples, variant, schedule, training), {
    ...network,
    schedule,
    seed: config.seed,
    checkpoint: join(out, `${variant}.checkpoint`),
    fingerprint,
    signal,
    onStep({ done, total }) {
      if (bars.length === 0) bars.push(told(stream, `training ${variant}`, total, done));
      bars[0]?.update(done);
    },
    onEpoch(history: History) {
      const { epoch = 0, loss = NaN } = history.at(-1) ?? {};
      bars[0]?.line(`${variant}  epoch ${epoch} of ${schedule.epochs}  loss ${loss.toFixed(4)}`);
    },
  }).finally(() => bars[0]?.end());
  return finished ? annotatorModel(weights, variant, training) : null;
}

/**
 * Clips of a split, with a bar that tells how far their encoding is.
 * @param most clips at most. Default: what the configuration says.
 */
export async function toldClips(
  config: AnnotatorConfig,
  split: 'train' | 'dev',
  options: Omit<AnnotatorOptions, 'out' | 'network'>,
  most?: number,
): Promise<AnnotatedClips> {
  const bars: Progress[] = [];
  try {
    return await annotatedClips(
      config,
      split,
      {
        ...options,
        onClips(done, total) {
          if (bars.length === 0) bars.push(told(options.stream, `reading ${split} clips`, total));
          bars[0]?.update(done);
        },
      },
      most,
    );
  } finally {
    bars[0]?.end();
  }
}

function told(stream: ProgressStream, doing: string, total: number, before = 0): Progress {
  return progress({ stream, doing, total, before, tell: counted(total), now: () => performance.now() });
}

/** Raters by number. */
function examplesOf(clips: readonly AnnotatedClip[], raters: readonly string[]): readonly AnnotatorExample[] {
  const numbers = new Map(raters.map((rater, i) => [rater, i]));
  return clips.map(({ embedding, grid, ratings }) => ({
    embedding,
    grid,
    ratings: ratings.map(({ rater, ...scores }) => ({ ...scores, rater: numbers.get(rater) ?? 0 })),
  }));
}

function ratingsByRater(clips: readonly AnnotatedClip[], raters: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const { rater } of clips.flatMap(({ ratings }) => ratings)) counts.set(rater, (counts.get(rater) ?? 0) + 1);
  return raters.map((rater) => counts.get(rater) ?? 0);
}

function fingerprintOf(config: AnnotatorConfig, encoder: string, clips: readonly AnnotatedClip[]): string {
  const hash = createHash('sha256').update(JSON.stringify(config)).update(encoder);
  for (const { id, ratings } of clips) hash.update(`\n${JSON.stringify([id, ratings])}`);
  return hash.digest('hex');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function networkFile(variant: Variant): string {
  return `${variant}.onnx`;
}

const description = z.object({
  config: annotatorConfig,
  raters: z.array(z.string()),
  ratings: z.array(z.number()),
  learnedFrom: z.number(),
  data: z.string(),
});

/** What a run ended with. */
export type TrainedAnnotators = z.infer<typeof description>;

/**
 * Read what `trainAnnotators` wrote.
 * @throws UndertoneError `config-invalid` for a folder without.
 */
export async function readAnnotators(folder: string): Promise<TrainedAnnotators> {
  const file = join(folder, DESCRIPTION);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give the folder of 'annotators train'`, {
      cause,
    });
  });
  const found = description.safeParse(JSON.parse(text));
  if (found.success) return found.data;
  throw new UndertoneError('config-invalid', `${file} is not what 'annotators train' writes: train again`);
}

/** The bytes of a variant's network. */
export function readVariant(folder: string, variant: Variant): Promise<Uint8Array> {
  return readFile(join(folder, networkFile(variant)));
}
