/** Which clips of a corpus a command works on. */
import { readFile } from 'node:fs/promises';
import type { Clip } from '../core/manifest.ts';
import { UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';

/** What narrows a corpus; without any of it, all clips. */
export interface Choice {
  /** Clips of this split only. */
  readonly split?: string | undefined;
  /** A file with the ids of the clips, one a line. */
  readonly ids?: string | undefined;
}

/**
 * The corpus with the chosen clips only, in its own order.
 * @throws UndertoneError `config-invalid` when nothing is left, or the list names what the corpus has not.
 */
export async function chooseClips(corpus: Corpus, { split, ids }: Choice): Promise<Corpus> {
  const listed = ids === undefined ? null : await readIds(ids, corpus);
  const clips = corpus.clips.filter(
    (clip) => (split === undefined || clip.split === split) && (listed === null || listed.has(clip.id)),
  );
  if (clips.length > 0) return { ...corpus, clips };
  const splits = [...new Set(corpus.clips.flatMap((clip) => clip.split ?? []))];
  const there = splits.length === 0 ? 'it names no splits' : `choose from ${splits.join(', ')}`;
  const among = ids === undefined ? '' : ` among those of ${ids}`;
  throw new UndertoneError('config-invalid', `${corpus.file} has no clip of split '${split ?? ''}'${among}: ${there}`);
}

/** What groups a clip: its speaker, its language, or something of its speaker's; null where that is not known. */
export function groupOf(clip: Clip, key: string): string | null {
  if (key === 'speaker' || key === 'language' || key === 'split') return clip[key] ?? null;
  const value = clip.demographics[key];
  return value === undefined ? null : String(value);
}

/**
 * A group for each clip.
 * @param option by which the key was given, for messages.
 * @throws UndertoneError `corpus-invalid` naming the first clip that has none.
 */
export function groupsOf(clips: readonly Clip[], key: string, option: string): readonly string[] {
  return clips.map((clip) => {
    const group = groupOf(clip, key);
    if (group !== null) return group;
    throw new UndertoneError(
      'corpus-invalid',
      `clip ${clip.id} (line ${clip.line}) has no '${key}', which ${option} needs: add it, or leave the clip out by --ids`,
    );
  });
}

async function readIds(file: string, corpus: Corpus): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `cannot read '${file}': give --ids a file with an id a line`, { cause });
  });
  const ids = text.split(/\r?\n/).filter((id) => id !== '');
  const known = new Set(corpus.clips.map(({ id }) => id));
  const odd = ids.find((id) => !known.has(id));
  if (odd !== undefined)
    throw new UndertoneError(
      'config-invalid',
      `${file} names '${odd}', which ${corpus.file} has not: correct the list`,
    );
  if (ids.length === 0) throw new UndertoneError('config-invalid', `${file} is empty: write an id a line`);
  return new Set(ids);
}
