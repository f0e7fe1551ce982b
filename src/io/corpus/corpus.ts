/** A corpus: a manifest beside its media (docs/corpus.md). */
import { readFile } from 'node:fs/promises';
import { type Manifest, parseManifest } from '../../core/manifest.ts';
import { UndertoneError } from '../../errors.ts';

/** A manifest with where it was read, from which its media is found. */
export interface Corpus extends Manifest {
  /** The path of the manifest, as it was given. */
  readonly file: string;
}

/**
 * Read the manifest in `file`, whole or not at all. The media is opened by `openMedia`.
 * @throws UndertoneError `corpus-invalid` for a file that cannot be read, is not UTF-8, or as `parseManifest` does.
 * @example
 * const { clips } = await readCorpus('ravdess.jsonl');
 * const dev = clips.filter(({ split }) => split === 'dev');
 */
export async function readCorpus(file: string): Promise<Corpus> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UndertoneError('corpus-invalid', `cannot read ${file} (${codeOf(cause)}): give the path of a manifest`, {
      cause,
    });
  });
  return { file, ...parseManifest(utf8(bytes, file), file) };
}

function utf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UndertoneError('corpus-invalid', `${file} is not a text in UTF-8: save it as such`, { cause });
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
