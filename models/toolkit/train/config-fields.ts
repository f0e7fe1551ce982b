/** What the fields of a training configuration are made of: each refusal names the remedy, each field its meaning. */
import { z } from 'zod';
import { shown } from '../../../src/core/manifest-fields.ts';

/** Where a number may lie. */
interface Bounds {
  /** The lowest that is allowed; `above` is the highest that is too low. */
  readonly from?: number;
  readonly above?: number;
  /** The highest that is allowed; `below` is the lowest that is too high. */
  readonly to?: number;
  readonly below?: number;
  readonly whole?: boolean;
}

/** 0 to 1, both allowed. */
export const SHARE: Bounds = { from: 0, to: 1 };

/**
 * A number that has to be given.
 * @example const epochs = number('passes over all clips', { from: 1, to: 10_000, whole: true });
 */
export function number(meaning: string, bounds: Bounds): z.ZodCustom<number>;
/** A number that is `fallback` where it is left out. */
export function number(meaning: string, bounds: Bounds, fallback: number): z.ZodDefault<z.ZodCustom<number>>;
export function number(meaning: string, bounds: Bounds, fallback?: number): z.ZodType<number> {
  const range = rangeOf(bounds);
  const schema = z.custom<number>((value) => isWithin(value, bounds), { error: refusal(range) });
  return (fallback === undefined ? schema : schema.default(fallback)).meta({ range, description: meaning });
}

/** One of some texts. */
export function oneOf<const T extends string>(meaning: string, choices: readonly T[]): z.ZodType<T> {
  const range = choices.map((choice) => JSON.stringify(choice)).join(', ');
  const known: readonly unknown[] = choices;
  return z
    .custom<T>((value) => known.includes(value), { error: refusal(`one of ${range}`) })
    .meta({ range, description: meaning });
}

/** A text that `pattern` matches and that has to be given. */
export function text(meaning: string, range: string, pattern: RegExp): z.ZodCustom<string>;
/** A text that is `fallback` where it is left out. */
export function text(
  meaning: string,
  range: string,
  pattern: RegExp,
  fallback: string,
): z.ZodDefault<z.ZodCustom<string>>;
export function text(meaning: string, range: string, pattern: RegExp, fallback?: string): z.ZodType<string> {
  const schema = z.custom<string>((value) => typeof value === 'string' && pattern.test(value), {
    error: refusal(range),
  });
  return (fallback === undefined ? schema : schema.default(fallback)).meta({ range, description: meaning });
}

/**
 * A list.
 * @param range what it is a list of, for people.
 * @param length how many there must be at least and at most.
 */
export function list<T extends z.ZodType>(
  meaning: string,
  item: T,
  range: string,
  length: readonly [least: number, most: number],
): z.ZodType<readonly z.output<T>[]> {
  const error = refusal(range);
  return z
    .array(item, { error })
    .min(length[0], { error })
    .max(length[1], { error })
    .meta({ range, description: meaning });
}

/** An object with these keys and no others. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? `is unknown here: remove it, or write one of ${Object.keys(shape).join(', ')}`
        : `is ${shown(input)}: write an object, {...}`,
  });
}

function refusal(range: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => `is ${shown(input)}: write ${range}`;
}

function isWithin(value: unknown, { from, above, to, below, whole = false }: Bounds): boolean {
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!whole || Number.isInteger(value)) &&
    value >= (from ?? -Infinity) &&
    value > (above ?? -Infinity) &&
    value <= (to ?? Infinity) &&
    value < (below ?? Infinity)
  );
}

/** In words: `a whole number from 1 to 48`. */
function rangeOf({ from, above, to, below, whole = false }: Bounds): string {
  const words = [
    whole ? 'a whole number' : 'a number',
    from === undefined ? '' : to === undefined && below === undefined ? `of at least ${from}` : `from ${from}`,
    above === undefined ? '' : `above ${above}`,
    to === undefined ? '' : from === undefined && above === undefined ? `of at most ${to}` : `to ${to}`,
    below === undefined ? '' : `to below ${below}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}
