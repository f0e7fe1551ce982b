/** Reading the media of many clips: what cannot be read is counted, and the rest goes on. */
import { UndertoneError } from '../../../src/errors.ts';
import type { Example } from './examples.ts';

/** A clip that could not be read, and why. */
export interface Unread {
  readonly id: string;
  readonly why: string;
}

/** What came of reading clips, in their order. */
export interface ReadClips<T> {
  readonly read: readonly T[];
  readonly unread: readonly Unread[];
}

/** How clips are read. */
export interface ReadingOptions {
  /** Ends the reading between two clips. */
  readonly signal: AbortSignal;
  /** Called after each clip, read or not. */
  readonly onClip?: () => void;
}

/**
 * Read each clip in turn.
 * @param read rejects with `bad-media` for a clip that is to be counted and passed over; other errors end the reading.
 * @returns what there was until the end, or until the signal aborted.
 * @example const { read, unread } = await readEach(examples, ({ clip }) => media.audio(clip.media.audio), { signal });
 */
export async function readEach<T>(
  examples: readonly Example[],
  read: (example: Example) => Promise<T>,
  { signal, onClip }: ReadingOptions,
): Promise<ReadClips<T>> {
  const done: T[] = [];
  const unread: Unread[] = [];
  for (const example of examples) {
    if (signal.aborted) break;
    try {
      done.push(await read(example));
    } catch (thrown) {
      if (!(thrown instanceof UndertoneError) || thrown.code !== 'bad-media') throw thrown;
      unread.push({ id: example.clip.id, why: thrown.message });
    }
    onClip?.();
  }
  return { read: done, unread };
}

/** What a clip needs to be learned from. @throws UndertoneError `bad-media` where it has none. */
export function mediaOf<K extends 'audio' | 'image'>(
  { clip }: Example,
  kind: K,
): NonNullable<Example['clip']['media'][K]> {
  const ref = clip.media[kind];
  if (ref === undefined)
    throw new UndertoneError('bad-media', `clip ${clip.id} has no '${kind}': name its file, or leave the clip out`);
  return ref;
}
