/** What the user says that files hash to. */
import { UndertoneError } from '../../errors.ts';

/** The hash that a file must have; undefined where the user said nothing of it. */
export type ExpectedHashes = (file: string) => string | undefined;

/**
 * Read `--sha256`: one hash, for weights in one file, or `FILE=HASH,FILE=HASH`.
 * @param files the files of the weights, all of them.
 * @throws UndertoneError `config-invalid` for what is no SHA-256, one hash for several files, or a file that is not one of them.
 * @example expectedHashes('9f86...0a08', ['model.safetensors'])('model.safetensors') // '9f86...0a08'
 */
export function expectedHashes(given: string | undefined, files: readonly string[]): ExpectedHashes {
  if (given === undefined) return () => undefined;
  const hashes = new Map(given.split(',').map((part) => entry(part.trim(), files)));
  return (file) => hashes.get(file);
}

function entry(part: string, files: readonly string[]): readonly [string, string] {
  const [, named, hash] = /^(?:(.*)=)?([0-9a-f]{64})$/i.exec(part) ?? [];
  if (hash === undefined) throw refused(`'${part}' is no SHA-256: 64 hexadecimal digits, or FILE=DIGITS`);
  const [only, second] = files;
  if (named === undefined && second !== undefined)
    throw refused(`the weights are in ${files.length} files: say which, as ${only ?? ''}=DIGITS, comma-separated`);
  const file = named ?? only ?? '';
  if (!files.includes(file)) throw refused(`'${file}' is no file of the weights: they are in ${files.join(', ')}`);
  return [file, hash.toLowerCase()];
}

function refused(why: string): UndertoneError {
  return new UndertoneError('config-invalid', `--sha256: ${why}`);
}
