/**
 * A metric as a formula of sums over clips. Every figure of this folder is one, so whatever asks for a figure of other
 * clips than all (a bootstrap resample, a subset, one group of people) weighs the same terms anew and never looks at a
 * prediction twice.
 */
import { checkLength } from './matrix.ts';

/** What each clip adds, and what the sums mean. */
export interface Tally<Figures> {
  readonly clips: number;
  /** Numbers that a clip adds. */
  readonly width: number;
  /** Row-major [clips, width]. */
  readonly terms: Float64Array;
  /** From the `width` sums to the figures; a figure of no clips is NaN. */
  readonly figures: (sums: Float64Array) => Figures;
}

/**
 * A tally from what one clip adds.
 * @param add writes clip `clip`'s terms into `row`, which holds zeros.
 * @example const size = tally(3, 1, (row) => { row[0] = 1; }, (sums) => sums[0] ?? 0);
 */
export function tally<Figures>(
  clips: number,
  width: number,
  add: (row: Float64Array, clip: number) => void,
  figures: (sums: Float64Array) => Figures,
): Tally<Figures> {
  const terms = new Float64Array(clips * width);
  for (let clip = 0; clip < clips; clip++) add(terms.subarray(clip * width, (clip + 1) * width), clip);
  return { clips, width, terms, figures };
}

/** The mean of one number a clip. */
export function meanTally(values: readonly number[]): Tally<number> {
  return tally(
    values.length,
    2,
    (row, clip) => {
      row[0] = values[clip] ?? NaN;
      row[1] = 1;
    },
    ([sum = NaN, n = 0]) => sum / n,
  );
}

/** The figures of all clips. */
export function total<Figures>(tallied: Tally<Figures>): Figures {
  return weighted(tallied, new Float64Array(tallied.clips).fill(1));
}

/**
 * The figures when clip i counts `weights[i]` times.
 * @param weights [clips], each 0 or more.
 * @throws RangeError when there is not one weight a clip.
 */
export function weighted<Figures>(tallied: Tally<Figures>, weights: Float64Array): Figures {
  const { clips, width, terms, figures } = tallied;
  checkLength('weights', weights, clips);
  const sums = new Float64Array(width);
  for (let clip = 0, at = 0; clip < clips; clip++, at += width) {
    const weight = weights[clip] ?? 0;
    if (weight === 0) continue;
    for (let j = 0; j < width; j++) sums[j] = (sums[j] ?? 0) + weight * (terms[at + j] ?? NaN);
  }
  return figures(sums);
}

/** The same sums, read otherwise. */
export function reread<From, To>(tallied: Tally<From>, read: (figures: From) => To): Tally<To> {
  return { ...tallied, figures: (sums) => read(tallied.figures(sums)) };
}

/** The same figures of some of the clips: the others add nothing, yet keep their places. */
export function only<Figures>(tallied: Tally<Figures>, keep: readonly boolean[]): Tally<Figures> {
  checkLength('keep', keep, tallied.clips);
  const { width } = tallied;
  return { ...tallied, terms: tallied.terms.map((term, j) => (keep[Math.floor(j / width)] === true ? term : 0)) };
}

/**
 * Each clip counting `weights[i]` times from here on, whatever it is resampled to: of a sample that was drawn with unequal
 * chances, by their inverses.
 * @param weights [clips], each 0 or more.
 */
export function scaled<Figures>(tallied: Tally<Figures>, weights: readonly number[]): Tally<Figures> {
  checkLength('weights', weights, tallied.clips);
  const { width } = tallied;
  return { ...tallied, terms: tallied.terms.map((term, j) => term * (weights[Math.floor(j / width)] ?? NaN)) };
}

/** One row a group of clips (all clips of a speaker, say) instead of one a clip, in order of first occurrence. */
export function byGroup<Figures>(tallied: Tally<Figures>, groups: readonly (string | number)[]): Tally<Figures> {
  checkLength('groups', groups, tallied.clips);
  const { width, terms } = tallied;
  const index = new Map([...new Set(groups)].map((group, i) => [group, i]));
  const pooled = new Float64Array(index.size * width);
  groups.forEach((group, clip) => {
    const to = (index.get(group) ?? 0) * width;
    for (let j = 0; j < width; j++) pooled[to + j] = (pooled[to + j] ?? 0) + (terms[clip * width + j] ?? NaN);
  });
  return { ...tallied, clips: index.size, terms: pooled };
}

/**
 * Several tallies of the same clips as one, so that a resample serves them all.
 * @throws RangeError when they are not of equally many clips.
 * @example const both = join({ f1: f1Tally(present, said), brier: brierTally(present, probability) });
 */
export function join<Parts extends object>(parts: { readonly [K in keyof Parts]: Tally<Parts[K]> }): Tally<Parts> {
  const entries = Object.entries<Tally<unknown>>(parts);
  const clips = entries[0]?.[1].clips ?? 0;
  let width = 0;
  const placed = entries.map(([name, part]) => {
    if (part.clips !== clips) throw new RangeError(`${name} is of ${part.clips} clips where others are of ${clips}`);
    const from = width;
    width += part.width;
    return { name, part, from };
  });
  return tally(
    clips,
    width,
    (row, clip) => {
      for (const { part, from } of placed)
        row.set(part.terms.subarray(clip * part.width, (clip + 1) * part.width), from);
    },
    (sums) =>
      Object.fromEntries(
        placed.map(({ name, part, from }) => [name, part.figures(sums.subarray(from, from + part.width))]),
      ) as Parts,
  );
}
