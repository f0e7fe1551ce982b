/** Clips of faces and of voices through their encoders, each once as it is and some times varied. */
import { resolve } from 'node:path';
import { openEncoder, type Encoded, type Encoder, windowsOf } from '../../models/toolkit/train/encode.ts';
import { type Example, examplesOf, holdBack, nameOfLot } from '../../models/toolkit/train/examples.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { mediaOf, readEach, type Unread } from '../../models/toolkit/train/reading.ts';
import { WINDOW_FRAMES } from '../../models/toolkit/train/voice-task.ts';
import { augmentFace } from '../core/augment/face.ts';
import { augmentLogMel } from '../core/augment/mel.ts';
import { FRAME_SAMPLES, logMel, MEL_BANDS } from '../core/features.ts';
import { CROP_SIZE } from '../core/faces/align.ts';
import { permutation, randomStream } from '../core/random.ts';
import type { Modality } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';

/** A clip as its encoder gave it. */
export interface EncodedClip extends Example {
  /** The first is of the clip as it is. */
  readonly looks: readonly Encoded[];
}

/** What became of corpora. */
export interface EncodedClips {
  readonly clips: readonly EncodedClip[];
  readonly unread: readonly Unread[];
  /** Ids of clips that are held back. */
  readonly heldBack: readonly string[];
}

/** How clips are read and encoded. */
export interface FusionMediaOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  readonly onClip: () => void;
}

/** Input of one modality's encoder. */
const INPUTS = {
  voice: { logmel: [WINDOW_FRAMES, MEL_BANDS] },
  face: { pixels: [1, CROP_SIZE, CROP_SIZE] },
} as const;

/**
 * The clips of one modality's corpora, encoded.
 * @param split `dev`: each clip once, as it is. `train`: at most so many as the configuration says, and varied too.
 * @throws UndertoneError `corpus-invalid`, `bad-media` as corpora are; `pack-invalid` for what is not that encoder.
 */
export async function encodeCorpora(
  modality: Modality,
  split: 'train' | 'dev',
  config: FusionConfig & { readonly pairs: NonNullable<FusionConfig['pairs']> },
  encoder: Encoder,
  { data, ffmpeg, signal, onClip }: FusionMediaOptions,
): Promise<EncodedClips> {
  const part = config.pairs[modality === 'voice' ? 'voices' : 'faces'];
  const looks = split === 'dev' ? 1 : part.looks;
  const clips: EncodedClip[] = [];
  const unread: Unread[] = [];
  const heldBack: string[] = [];
  const network = await openEncoder(encoder, INPUTS[modality]);
  try {
    const corpora = await Promise.all(
      (split === 'dev' ? part.dev : part.corpora).map((file) => readCorpus(resolve(data, file))),
    );
    const chosen = choose(
      corpora.map((corpus) => {
        const of = corpus.clips.filter((clip) => (clip.split ?? split) === split);
        const { examples } = examplesOf(of, modality, config.labels);
        if (split === 'dev') return examples;
        const lots = holdBack(examples, nameOfLot, { share: part.holdBack, seed: config.seed });
        heldBack.push(...lots.heldBack.map(({ clip }) => clip.id));
        return lots.learned;
      }),
      split === 'dev' ? Infinity : part.most,
      config.seed,
    );
    for (const [i, corpus] of corpora.entries()) {
      const media = await openMedia(corpus, { kinds: [modality === 'voice' ? 'audio' : 'image'], ffmpeg });
      const read = async (example: Example): Promise<EncodedClip> => ({
        ...example,
        looks: await network.run(await inputsOf(modality, example, media, looks, config)),
      });
      try {
        const found = await readEach(chosen[i] ?? [], read, { signal, onClip });
        clips.push(...found.read);
        unread.push(...found.unread);
      } finally {
        await media.close();
      }
    }
  } finally {
    await network.close();
  }
  return { clips, unread, heldBack };
}

/** `most` of all, chosen by chance over all corpora. */
function choose(lists: readonly (readonly Example[])[], most: number, seed: number): readonly (readonly Example[])[] {
  const all = lists.flatMap((list, part) => list.map((example) => ({ part, example })));
  const kept = permutation(randomStream(seed, 'choose'), all.length)
    .slice(0, Math.min(most, all.length))
    .toSorted((a, b) => a - b)
    .flatMap((i) => all[i] ?? []);
  return lists.map((_, part) => kept.filter((entry) => entry.part === part).map(({ example }) => example));
}

async function inputsOf(
  modality: Modality,
  example: Example,
  media: Media,
  looks: number,
  { seed, hearing }: FusionConfig,
): Promise<readonly Float32Array[]> {
  const varied = (vary: (random: () => number) => Float32Array): readonly Float32Array[] =>
    Array.from({ length: looks - 1 }, (_, k) => vary(randomStream(seed, 'look', example.clip.id, k)));
  if (modality === 'face') {
    const pixels = await media.image(mediaOf(example, 'image'));
    return [pixels, ...varied((random) => augmentFace(pixels, random))];
  }
  const samples = await media.audio(mediaOf(example, 'audio'));
  if (samples.length < FRAME_SAMPLES)
    throw new UndertoneError('bad-media', `clip ${example.clip.id} has ${samples.length} samples: give it more`);
  const { frames } = logMel(new Float32Array(0), samples);
  const windows = windowsOf(frames, 1);
  const middle = windows.slice(windows.length >> 1, (windows.length >> 1) + 1);
  return [
    ...middle,
    ...varied((random) => augmentLogMel(frames, random, { ...hearing.augmentation, frames: WINDOW_FRAMES })),
  ];
}
