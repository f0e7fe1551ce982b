/** The clips of an annotator configuration: what the encoder gives of each, who rated it how, and what distribution that is. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AnnotatorConfig } from '../../models/toolkit/train/annotator-config.ts';
import { type CachedClip, cachedPortion } from '../../models/toolkit/train/embedding-cache.ts';
import { openEncoder } from '../../models/toolkit/train/encode.ts';
import { pointsOf, type ScoredRating, scoredRatings } from '../core/annotators/ratings.ts';
import { raterPool, simulatedRatings } from '../core/annotators/simulate.ts';
import { truthGrid } from '../core/annotators/upsample.ts';
import { CROP_SIZE } from '../core/faces/align.ts';
import type { Clip } from '../core/manifest.ts';
import { permutation, randomStream } from '../core/random.ts';
import { DERIVED_ATTRIBUTES } from '../core/vad/derived.ts';
import { UndertoneError } from '../errors.ts';
import { type Corpus, readCorpus } from '../io/corpus/corpus.ts';
import { openMedia } from '../io/corpus/media.ts';

/** A clip whose raters are known. */
export interface AnnotatedClip {
  readonly id: string;
  readonly embedding: Float32Array;
  readonly ratings: readonly ScoredRating[];
  /** 16 shares; rows are valence. */
  readonly grid: Float32Array;
}

/** Clips of one split. */
export interface AnnotatedClips {
  readonly clips: readonly AnnotatedClip[];
  /** Clips with fewer ratings than the configuration wants, and clips that cannot be read. */
  readonly unrated: number;
  readonly unread: number;
}

/** Where clips and encoder are. */
export interface AnnotatorClipsOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  /** The face encoder's ONNX file. */
  readonly encoder: string;
  /** Folder that keeps embeddings and distributions. */
  readonly cache: string;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  /** So many clips are done, of so many. */
  readonly onClips?: (done: number, total: number) => void;
}

/** Clips between two writes of the cache. */
const PORTION = 256;

interface Rated {
  readonly clip: Clip;
  readonly ratings: readonly ScoredRating[];
}

/**
 * Read, encode (or take from the cache) and rate the clips of a split.
 * @param most clips at most, chosen by chance. Default: all.
 * @returns what there was until the signal aborted.
 * @throws UndertoneError `corpus-invalid`, `bad-media`, `pack-invalid` as corpora and encoders are.
 */
export async function annotatedClips(
  config: AnnotatorConfig,
  split: 'train' | 'dev',
  options: AnnotatorClipsOptions,
  most = split === 'train' ? config.most : undefined,
): Promise<AnnotatedClips> {
  const corpora = await Promise.all(
    (split === 'train' ? config.corpora : config.dev).map((file) => readCorpus(resolve(options.data, file))),
  );
  const ratedOf = raters(config);
  let unrated = 0;
  const rated = corpora.map((corpus) =>
    corpus.clips
      .filter((clip) => (clip.split ?? split) === split)
      .flatMap((clip): Rated[] => {
        const ratings = ratedOf(clip, corpus);
        if (ratings.length >= config.fewest) return [{ clip, ratings }];
        unrated++;
        return [];
      }),
  );
  const chosen = choose(rated, most ?? Infinity, config.seed);
  const total = chosen.reduce((sum, list) => sum + list.length, 0);
  const clips: AnnotatedClip[] = [];
  let [done, unread] = [0, 0];
  for (const [i, corpus] of corpora.entries())
    for await (const portion of prepared(corpus, chosen[i] ?? [], config, options)) {
      clips.push(...portion.flatMap((clip) => clip ?? []));
      unread += portion.filter((clip) => clip === null).length;
      options.onClips?.((done += portion.length), total);
    }
  return { clips, unrated, unread };
}

/** Who rated a clip: its own raters, or made-up ones. */
function raters(config: AnnotatorConfig): (clip: Clip, corpus: Corpus) => readonly ScoredRating[] {
  const { simulate, stimulus } = config;
  if (!simulate) return (clip, { scale }) => scoredRatings(clip, stimulus, scale);
  const pool = raterPool(simulate);
  return ({ id, votes, line }, { file }) => {
    const cast = votes[stimulus];
    if (!cast) return [];
    try {
      return simulatedRatings({ id, votes: cast }, pool, DERIVED_ATTRIBUTES, simulate.seed);
    } catch (cause) {
      throw new UndertoneError(
        'corpus-invalid',
        `${file}, line ${line}: '${id}' has more votes than 'simulate' has raters (${pool.length}): give it more`,
        { cause },
      );
    }
  };
}

function choose(lists: readonly (readonly Rated[])[], most: number, seed: number): readonly (readonly Rated[])[] {
  const all = lists.flatMap((list, part) => list.map((rated) => ({ part, rated })));
  const kept = permutation(randomStream(seed, 'choose'), all.length)
    .slice(0, Math.min(most, all.length))
    .toSorted((a, b) => a - b)
    .flatMap((i) => all[i] ?? []);
  return lists.map((_, part) => kept.filter((entry) => entry.part === part).map(({ rated }) => rated));
}

/** Portions of clips, null for those that cannot be read. A portion that was begun when the signal aborts is not given. */
async function* prepared(
  corpus: Corpus,
  rated: readonly Rated[],
  config: AnnotatorConfig,
  { encoder: file, cache, ffmpeg, signal }: AnnotatorClipsOptions,
): AsyncGenerator<readonly (AnnotatedClip | null)[]> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give an encoder that train wrote`, { cause });
  });
  const hash = createHash('sha256').update(bytes).digest('hex');
  const encoder = { bytes, embedding: [config.embedding], labels: config.encoderLabels.length };
  const network = await openEncoder(encoder, { pixels: [1, CROP_SIZE, CROP_SIZE] });
  const media = await openMedia(corpus, { kinds: ['image'], ffmpeg });
  const embedded = async ({ clip: { id, media: ref } }: Rated): Promise<CachedClip> => {
    if (!ref.image) return { id, unread: "it has no 'image'", looks: [] };
    try {
      const [look] = await network.run([await media.image(ref.image)]);
      return { id, unread: '', looks: look ? [look.embedding] : [] };
    } catch (thrown) {
      if (!(thrown instanceof UndertoneError) || thrown.code !== 'bad-media') throw thrown;
      return { id, unread: thrown.message, looks: [] };
    }
  };
  const distribution = ({ clip: { id }, ratings }: Rated): CachedClip => {
    const random = randomStream(config.seed, 'truth', id);
    return { id, unread: '', looks: [Float32Array.from(truthGrid(pointsOf(ratings), { random, ...config.truth }))] };
  };
  try {
    for (let from = 0; from < rated.length; from += PORTION) {
      const portion = rated.slice(from, from + PORTION);
      const each = async (
        make: (one: Rated) => CachedClip | Promise<CachedClip>,
      ): Promise<readonly CachedClip[] | null> => {
        const made: CachedClip[] = [];
        for (const one of portion) {
          if (signal.aborted) return null;
          made.push(await make(one));
          // Distributions hold the thread: let signals in.
          await new Promise((resolved) => setImmediate(resolved));
        }
        return made;
      };
      const looked = portion.map(({ clip }) => [clip.id, clip.media.image]);
      const scored = portion.map(({ clip, ratings }) => [clip.id, ratings]);
      const embeddings = await cachedPortion(cache, ['annotators', hash, looked], () => each(embedded));
      const grids = await cachedPortion(cache, ['truth', config.truth, config.seed, scored], () => each(distribution));
      if (!embeddings || !grids) return;
      yield portion.map(({ clip: { id }, ratings }, i) => {
        const [embedding, grid] = [embeddings[i]?.looks[0], grids[i]?.looks[0]];
        return embedding && grid ? { id, embedding, ratings, grid } : null;
      });
    }
  } finally {
    await network.close();
    await media.close();
  }
}
