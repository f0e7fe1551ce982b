/** Reading one line of a manifest key by key: each refusal names the file, the line, the key and the remedy. */
import { UndertoneError } from '../errors.ts';

/** Which line of which manifest. */
export interface ManifestPlace {
  /** As people are to see it. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** A value with the keys that lead to it. */
export interface Field {
  readonly place: ManifestPlace;
  /** Keys from the line's object to the value, joined by dots; empty for the line itself. */
  readonly key: string;
  readonly value: unknown;
}

/**
 * The error for one line of a manifest.
 * @param said what is wrong, and after a colon what to do.
 * @example throw manifestError({ file: 'a.jsonl', line: 3 }, 'votes.face', 'is all zero: leave it out');
 */
export function manifestError(
  { file, line }: ManifestPlace,
  key: string,
  said: string,
  cause?: unknown,
): UndertoneError {
  const about = key === '' ? '' : `, '${key}'`;
  return new UndertoneError('corpus-invalid', `${file}, line ${line}${about} ${said}`, { cause });
}

/** The same for the value that was read. */
export function fieldError({ place, key }: Field, said: string): UndertoneError {
  return manifestError(place, key, said);
}

/** The entries of an object, each as a field. @throws UndertoneError `corpus-invalid` for what is no object. */
export function entries(field: Field): readonly (readonly [string, Field])[] {
  const { place, value } = field;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fieldError(field, `is ${shown(value)}: write an object, {...}`);
  return Object.entries(value as Readonly<Record<string, unknown>>).map(([name, inner]) => [
    name,
    { place, key: dotted(field, name), value: inner },
  ]);
}

/** The elements of a list, each as a field. @throws UndertoneError `corpus-invalid` for what is no list. */
export function elements(field: Field): readonly Field[] {
  const { place, value } = field;
  if (!Array.isArray(value)) throw fieldError(field, `is ${shown(value)}: write a list, [...]`);
  const list: readonly unknown[] = value;
  return list.map((inner, index) => ({ place, key: dotted(field, String(index)), value: inner }));
}

/** The known keys of an object. Null stands for a key that is left out; unknown keys are ignored. */
export function keysOf<Name extends string>(
  field: Field,
  names: readonly Name[],
): Readonly<Partial<Record<Name, Field>>> {
  const known: readonly string[] = names;
  const found = entries(field).filter(([name, { value }]) => known.includes(name) && value !== null);
  return Object.fromEntries(found) as Partial<Record<Name, Field>>;
}

/** A text of at least one character, without control characters. @throws UndertoneError `corpus-invalid`. */
export function text(field: Field): string {
  const { value } = field;
  if (typeof value !== 'string') throw fieldError(field, `is ${shown(value)}: write a text, in quotes`);
  if (value === '') throw fieldError(field, 'is empty: write a text or leave the key out');
  if (/\p{Cc}/u.test(value)) throw fieldError(field, 'holds control characters: remove them');
  return value;
}

/** A finite number from `low` to `high`. @throws UndertoneError `corpus-invalid`. */
export function numberIn(field: Field, [low, high]: readonly [number, number]): number {
  const { value } = field;
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw fieldError(field, `is ${shown(value)}: write a number from ${low} to ${high}`);
}

/** A value as it may stand in a sentence: numbers and short texts themselves, the rest by its kind. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}...` : json;
}

function dotted({ key }: Field, name: string): string {
  return key === '' ? name : `${key}.${name}`;
}
