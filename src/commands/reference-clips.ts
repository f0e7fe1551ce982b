/** The media of corpora, portion by portion: what `reference` measures and spoils. */
import type { Clip } from '../core/manifest.ts';
import type { Modality } from '../domain.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import { type Corpus, readCorpus } from '../io/corpus/corpus.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';
import { type Choice, chooseClips } from './choose-clips.ts';
import { counted, progress } from './progress.ts';

/** A clip and its sound of 16 kHz, or its face crop of 48 x 48 pixels. */
export interface ClipWithMedia {
  readonly clip: Clip;
  readonly media: Float32Array;
}

/** How clips are read. */
export interface ClipReadingOptions {
  readonly modality: Modality;
  /** What is done with them, for the progress line. */
  readonly doing: string;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
}

/** Clips that are decoded together. */
const CLIPS_AT_ONCE = 64;

/**
 * The chosen clips of corpora, named with commas between; each is narrowed by the same choice.
 * @param most of them all, spread evenly over each corpus; undefined for all.
 * @throws UndertoneError as `readCorpus` and `chooseClips`.
 */
export async function readCorpora(files: string, choice: Choice, most?: number): Promise<readonly Corpus[]> {
  const names = files.split(',').filter((name) => name !== '');
  const corpora = await Promise.all(names.map(async (name) => chooseClips(await readCorpus(name), choice)));
  const all = corpora.reduce((sum, { clips }) => sum + clips.length, 0);
  if (most === undefined || most >= all) return corpora;
  return corpora.map((corpus) => {
    const wanted = Math.max(1, Math.round((most * corpus.clips.length) / all));
    const clips = Array.from(
      { length: wanted },
      (_, i) => corpus.clips[Math.floor((i * corpus.clips.length) / wanted)],
    ).filter((clip) => clip !== undefined);
    return { ...corpus, clips };
  });
}

/**
 * Hand over every clip that can be read, in the corpora's order.
 * @returns how many could not; each was told of.
 * @throws UndertoneError `corpus-invalid` where none can; `bad-media` for a broken shard; what `signal` was aborted with.
 */
export async function forEachPortion(
  corpora: readonly Corpus[],
  { modality, doing, ffmpeg, signal }: ClipReadingOptions,
  take: (clips: readonly ClipWithMedia[]) => Promise<void>,
): Promise<number> {
  const total = corpora.reduce((sum, { clips }) => sum + clips.length, 0);
  const bar = progress({
    stream: process.stderr,
    doing,
    total,
    tell: counted(total),
    now: () => performance.now(),
  });
  const kind = modality === 'voice' ? 'audio' : 'image';
  let [done, failed] = [0, 0];
  try {
    for (const corpus of corpora) {
      const media = await openMedia(corpus, { kinds: [kind], ffmpeg });
      try {
        for (let start = 0; start < corpus.clips.length; start += CLIPS_AT_ONCE) {
          signal.throwIfAborted();
          bar.update(done);
          const some = corpus.clips.slice(start, start + CLIPS_AT_ONCE);
          const read = await Promise.all(some.map((clip) => readClip(clip, kind, media)));
          some.forEach(({ id, line }, i) => {
            const why = read[i];
            if (typeof why === 'string') bar.line(`undertone: failed: ${id} (line ${line}): ${why}`);
          });
          const good = read.filter((one) => typeof one !== 'string');
          failed += read.length - good.length;
          done += read.length;
          if (good.length > 0) await take(good);
          // Lets a signal in: networks run on this thread.
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        await media.close();
      }
    }
    signal.throwIfAborted();
  } finally {
    bar.end();
  }
  if (failed < total) return failed;
  throw new UndertoneError('corpus-invalid', `none of the ${total} clips can be read: mend what is listed above`);
}

/** A clip's media, or why there is none. */
async function readClip(clip: Clip, kind: 'audio' | 'image', media: Media): Promise<ClipWithMedia | string> {
  const ref = clip.media[kind];
  if (!ref) return `it has no 'media.${kind}'`;
  try {
    return { clip, media: await media[kind](ref) };
  } catch (thrown) {
    const error = asUndertoneError(thrown, 'bad-media');
    if (error.code !== 'bad-media') throw error;
    return error.message;
  }
}
