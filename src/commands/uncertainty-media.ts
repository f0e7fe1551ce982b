/** Clips of a corpus through their encoder, each once as it is and some times varied, portion by portion from the cache. */
import { createHash } from 'node:crypto';
import { type CachedClip, cachedPortion } from '../../models/toolkit/train/embedding-cache.ts';
import { type Encoder, openEncoder, windowsOf } from '../../models/toolkit/train/encode.ts';
import type { Example } from '../../models/toolkit/train/examples.ts';
import { mediaOf } from '../../models/toolkit/train/reading.ts';
import { WINDOW_FRAMES } from '../../models/toolkit/train/voice-task.ts';
import { augmentFace } from '../core/augment/face.ts';
import { augmentLogMel } from '../core/augment/mel.ts';
import { CROP_SIZE } from '../core/faces/align.ts';
import { FRAME_SAMPLES, logMel, MEL_BANDS } from '../core/features.ts';
import { randomStream } from '../core/random.ts';
import type { Modality } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';

/** How clips are looked at, and where their embeddings are kept. */
export interface EmbeddingOptions {
  readonly modality: Modality;
  /** Times that each clip is encoded: as it is, and varied. */
  readonly looks: number;
  /** Of the variations. */
  readonly seed: number;
  /** Folder that keeps embeddings. */
  readonly cache: string;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  /** So many more clips are done. */
  readonly onClips: (count: number) => void;
}

/** Clips between two writes of the cache. */
const PORTION = 512;

/** Input of each modality's encoder. */
export const INPUTS = {
  voice: { logmel: [WINDOW_FRAMES, MEL_BANDS] },
  face: { pixels: [1, CROP_SIZE, CROP_SIZE] },
} as const;

/**
 * The embeddings of examples of a corpus.
 * @returns one entry an example, in order, until the signal aborted; without looks where it cannot be read.
 * @throws UndertoneError as `openEncoder` and `openMedia` do.
 */
export async function embedCorpus(
  corpus: Corpus,
  examples: readonly Example[],
  encoder: Encoder,
  options: EmbeddingOptions,
): Promise<readonly CachedClip[]> {
  const { modality, looks, seed, cache, ffmpeg, signal, onClips } = options;
  const encoderHash = createHash('sha256').update(encoder.bytes).digest('hex');
  const network = await openEncoder(encoder, INPUTS[modality]);
  const media = await openMedia(corpus, { kinds: [modality === 'face' ? 'image' : 'audio'], ffmpeg });
  const encode = async (example: Example): Promise<CachedClip> => {
    const { id } = example.clip;
    try {
      const encoded = await network.run(await looksOf(modality, example, media, options));
      return { id, unread: '', looks: encoded.map(({ embedding }) => embedding) };
    } catch (thrown) {
      if (!(thrown instanceof UndertoneError) || thrown.code !== 'bad-media') throw thrown;
      return { id, unread: thrown.message, looks: [] };
    }
  };
  const all: CachedClip[] = [];
  try {
    for (let from = 0; from < examples.length && !signal.aborted; from += PORTION) {
      const portion = examples.slice(from, from + PORTION);
      const clips = portion.map(({ clip }) => [clip.id, clip.media]);
      const done = await cachedPortion(cache, [1, encoderHash, encoder.trimDb, looks, seed, clips], async () => {
        const made: CachedClip[] = [];
        for (const example of portion) {
          if (signal.aborted) return null;
          made.push(await encode(example));
        }
        return made;
      });
      all.push(...(done ?? []));
      onClips(portion.length);
    }
  } finally {
    await network.close();
    await media.close();
  }
  return all;
}

/** How often a clip is looked at, and by which chance. */
type Looking = Pick<EmbeddingOptions, 'looks' | 'seed'>;

/** What the encoder is given of a clip: first the clip as it is, then varied. @throws UndertoneError `bad-media`. */
export function looksOf(
  modality: Modality,
  example: Example,
  media: Media,
  looking: Looking,
): Promise<readonly Float32Array[]> {
  return { face: faceLooks, voice: voiceLooks }[modality](example, media, looking);
}

type Looks = (example: Example, media: Media, looking: Looking) => Promise<readonly Float32Array[]>;

const faceLooks: Looks = async (example, media, { looks, seed }) => {
  const pixels = await media.image(mediaOf(example, 'image'));
  return Array.from({ length: looks }, (_, k) =>
    k === 0 ? pixels : augmentFace(pixels, randomStream(seed, 'look', example.clip.id, k)),
  );
};

/** The window in the middle of a clip, as it is, and windows anywhere in it, varied. */
const voiceLooks: Looks = async (example, media, { looks, seed }) => {
  const { id } = example.clip;
  const samples = await media.audio(mediaOf(example, 'audio'));
  if (samples.length < FRAME_SAMPLES)
    throw new UndertoneError('bad-media', `clip ${id} has ${samples.length} samples: give it more`);
  const { frames } = logMel(new Float32Array(0), samples);
  const windows = windowsOf(frames, 1);
  const middle = windows.slice(windows.length >> 1, (windows.length >> 1) + 1);
  const varied = Array.from({ length: looks - 1 }, (_, k) =>
    augmentLogMel(frames, randomStream(seed, 'look', id, k), { frames: WINDOW_FRAMES }),
  );
  return [...middle, ...varied];
};
