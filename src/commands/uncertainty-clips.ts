/** The clips of an uncertainty configuration: what the encoder gives of each, and what its raters' votes amount to. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cachedPortion, type CachedClip } from '../../models/toolkit/train/embedding-cache.ts';
import { type Encoder, openEncoder, windowsOf } from '../../models/toolkit/train/encode.ts';
import { type Example, examplesOf, holdBack, nameOfLot } from '../../models/toolkit/train/examples.ts';
import { mediaOf } from '../../models/toolkit/train/reading.ts';
import type { UncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { WINDOW_FRAMES } from '../../models/toolkit/train/voice-task.ts';
import { augmentFace } from '../core/augment/face.ts';
import { augmentLogMel } from '../core/augment/mel.ts';
import { CROP_SIZE } from '../core/faces/align.ts';
import { FRAME_SAMPLES, logMel, MEL_BANDS } from '../core/features.ts';
import { randomStream } from '../core/random.ts';
import { derivedLabels, type DerivedLabel } from '../core/vad/derived.ts';
import type { PerAttribute } from '../core/vad/attributes.ts';
import { UndertoneError } from '../errors.ts';
import { type Corpus, readCorpus } from '../io/corpus/corpus.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';

/** A clip to be learned from or judged on. */
export interface AttributeClip {
  readonly id: string;
  /** Row-major embeddings, pooled over time; the first is of the clip as it is. */
  readonly looks: readonly Float32Array[];
  /** No rater gave these: they follow from votes for emotions. */
  readonly derived: PerAttribute<DerivedLabel>;
}

/** Clips by what they are for. */
export interface AttributeClips {
  readonly learned: readonly AttributeClip[];
  readonly heldBack: readonly AttributeClip[];
  readonly dev: readonly AttributeClip[];
  /** Clips that cannot be read. */
  readonly unread: number;
}

/** Where clips and encoder are. */
export interface AttributeClipsOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  /** The encoder's ONNX file. */
  readonly encoder: string;
  /** Folder that keeps embeddings. */
  readonly cache: string;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  /** So many clips are done, of so many. */
  readonly onClips?: (done: number, total: number) => void;
}

/** Clips between two writes of the cache. */
const PORTION = 512;

/**
 * Read, encode (or take from the cache) and label the clips of a configuration.
 * @param splits which are wanted. Default all.
 * @returns what there was until the signal aborted.
 * @throws UndertoneError `corpus-invalid`, `bad-media`, `pack-invalid` as corpora and encoders are.
 */
export async function attributeClips(
  config: UncertaintyConfig,
  options: AttributeClipsOptions,
  splits: readonly ('train' | 'dev')[] = ['train', 'dev'],
): Promise<AttributeClips> {
  const { modality, labels, seed } = config;
  const lists = await Promise.all(
    splits.flatMap((split) =>
      (split === 'train' ? config.corpora : config.dev).map(async (file) => {
        const corpus = await readCorpus(resolve(options.data, file));
        const { examples } = examplesOf(
          corpus.clips.filter((clip) => (clip.split ?? split) === split),
          modality,
          labels,
        );
        return { split, corpus, examples };
      }),
    ),
  );
  const bytes = await readFile(options.encoder).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${options.encoder} cannot be read: give an encoder that train wrote`, {
      cause,
    });
  });
  const encoder: Encoder = {
    bytes,
    embedding: config.embedding,
    labels: (config.encoderLabels ?? labels).length,
    trimDb: config.trimDb,
  };
  const total = lists.reduce((sum, { examples }) => sum + examples.length, 0);
  let done = 0;
  const found = { learned: [] as AttributeClip[], heldBack: [] as AttributeClip[], dev: [] as AttributeClip[] };
  let unread = 0;
  for (const { split, corpus, examples } of lists) {
    const lots = holdBack(examples, nameOfLot, { share: split === 'train' ? config.holdBack : 0, seed });
    const held = new Set(lots.heldBack.map(({ clip }) => clip.id));
    const byId = new Map(examples.map((example) => [example.clip.id, example]));
    const embedded = await embedCorpus(corpus, examples, split, encoder, config, options, (n) => {
      done += n;
      options.onClips?.(done, total);
    });
    for (const { id, looks } of embedded) {
      const example = byId.get(id);
      if (looks.length === 0 || !example) {
        unread++;
        continue;
      }
      const clip = {
        id,
        looks: looks.map((look) => pooled(look, config.embedding)),
        derived: derivedLabels(example.target.shares, labels),
      };
      (split === 'dev' ? found.dev : held.has(id) ? found.heldBack : found.learned).push(clip);
    }
  }
  return { ...found, unread };
}

async function embedCorpus(
  corpus: Corpus,
  examples: readonly Example[],
  split: 'train' | 'dev',
  encoder: Encoder,
  config: UncertaintyConfig,
  { cache, ffmpeg, signal }: AttributeClipsOptions,
  onClips: (count: number) => void,
): Promise<readonly CachedClip[]> {
  const face = config.modality === 'face';
  const looks = split === 'dev' ? 1 : config.looks;
  const encoderHash = createHash('sha256').update(encoder.bytes).digest('hex');
  const input: Readonly<Record<string, readonly number[]>> = face
    ? { pixels: [1, CROP_SIZE, CROP_SIZE] }
    : { logmel: [WINDOW_FRAMES, MEL_BANDS] };
  const network = await openEncoder(encoder, input);
  const media = await openMedia(corpus, { kinds: [face ? 'image' : 'audio'], ffmpeg });
  const all: CachedClip[] = [];
  const encode = async (example: Example): Promise<CachedClip> => {
    const { id } = example.clip;
    try {
      const items = await (face
        ? faces(example, media, looks, config.seed)
        : voices(example, media, looks, config.seed));
      return { id, unread: '', looks: (await network.run(items)).map(({ embedding }) => embedding) };
    } catch (thrown) {
      if (!(thrown instanceof UndertoneError) || thrown.code !== 'bad-media') throw thrown;
      return { id, unread: thrown.message, looks: [] };
    }
  };
  try {
    for (let from = 0; from < examples.length && !signal.aborted; from += PORTION) {
      const portion = examples.slice(from, from + PORTION);
      const key = [
        1,
        encoderHash,
        encoder.trimDb,
        looks,
        config.seed,
        portion.map(({ clip }) => [clip.id, clip.media]),
      ];
      const portionDone = await cachedPortion(cache, key, async () => {
        const made: CachedClip[] = [];
        for (const example of portion) {
          if (signal.aborted) throw new Stopped();
          made.push(await encode(example));
        }
        return made;
      }).catch((thrown: unknown) => {
        if (thrown instanceof Stopped) return [];
        throw thrown;
      });
      all.push(...portionDone);
      onClips(portion.length);
    }
  } finally {
    await network.close();
    await media.close();
  }
  return all;
}

/** Ends a portion that is not whole, so that it is not kept. */
class Stopped extends Error {}

async function faces(example: Example, media: Media, looks: number, seed: number): Promise<readonly Float32Array[]> {
  const pixels = await media.image(mediaOf(example, 'image'));
  return Array.from({ length: looks }, (_, k) =>
    k === 0 ? pixels : augmentFace(pixels, randomStream(seed, 'look', example.clip.id, k)),
  );
}

async function voices(example: Example, media: Media, looks: number, seed: number): Promise<readonly Float32Array[]> {
  const { id } = example.clip;
  const samples = await media.audio(mediaOf(example, 'audio'));
  if (samples.length < FRAME_SAMPLES)
    throw new UndertoneError('bad-media', `clip ${id} has ${samples.length} samples: give it more`);
  const { frames } = logMel(new Float32Array(0), samples);
  const windows = windowsOf(frames, 1);
  return Array.from({ length: looks }, (_, k) =>
    k === 0
      ? (windows[windows.length >> 1] ?? new Float32Array(WINDOW_FRAMES * MEL_BANDS))
      : augmentLogMel(frames, randomStream(seed, 'look', id, k), { frames: WINDOW_FRAMES }),
  );
}

/** The mean over steps of [steps, width]; [width] stays what it is. */
function pooled(look: Float32Array, sides: readonly number[]): Float32Array {
  const [steps = 1, width] = sides;
  if (width === undefined) return look;
  const mean = new Float32Array(width);
  for (let i = 0; i < look.length; i++) mean[i % width] = (mean[i % width] ?? 0) + (look[i] ?? 0) / steps;
  return mean;
}
