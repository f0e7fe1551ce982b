/** The clips of an uncertainty configuration: what the encoder gives of each, and what its raters' votes amount to. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Encoder } from '../../models/toolkit/train/encode.ts';
import { examplesOf, holdBack, nameOfLot } from '../../models/toolkit/train/examples.ts';
import type { UncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { derivedLabels, type DerivedLabel } from '../core/vad/derived.ts';
import type { PerAttribute } from '../core/vad/attributes.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { embedCorpus } from './uncertainty-media.ts';

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
    const looks = split === 'dev' ? 1 : config.looks;
    const embedded = await embedCorpus(corpus, examples, encoder, {
      ...options,
      modality,
      looks,
      seed,
      onClips(count) {
        done += count;
        options.onClips?.(done, total);
      },
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

/** The mean over steps of [steps, width]; [width] stays what it is. */
function pooled(look: Float32Array, sides: readonly number[]): Float32Array {
  const [steps = 1, width] = sides;
  if (width === undefined) return look;
  const mean = new Float32Array(width);
  for (let i = 0; i < look.length; i++) mean[i % width] = (mean[i % width] ?? 0) + (look[i] ?? 0) / steps;
  return mean;
}
