/** Tables that hold a clip's shares of emotions beside the mean attributes that raters gave it. */
import { invalid, parseCsv } from '../csv.ts';
import { ATTRIBUTES, type PerAttribute } from './attributes.ts';

/** A clip as such a table has it. */
export interface RatedClip {
  /** Shares of raters by emotion, as the table names it; sums to 1 but for rounding. */
  readonly shares: Readonly<Record<string, number>>;
  /** Means over raters, on [-1, 1]. */
  readonly means: PerAttribute<number>;
  /** How many raters the means are of, as far as they tell: the smallest number that could have given them. */
  readonly raters: number;
}

/** Where a table keeps what. */
export interface RatedTable {
  /** Columns of shares, all of them, by emotion. */
  readonly emotions: Readonly<Record<string, string>>;
  /** Columns of means on 1 to 5. */
  readonly means: PerAttribute<string>;
  /** What was spread evenly over the other emotions when all raters named one, for example 0.05; 0 for plain shares. */
  readonly smoothing: number;
  /** No clip has fewer raters. */
  readonly fewestRaters: number;
}

/** More raters than this no mean is searched for. */
const MOST_RATERS = 60;

/**
 * Read a table; smoothing is undone, so that shares are counts over raters again: with C emotions and smoothing s, a
 * share p was written as p (1 - s) + (1 - p) s / (C - 1).
 * @param file its name, for errors.
 * @throws UndertoneError `corpus-invalid` for a column that is missing, a share or mean that is none, or no such shares.
 */
export function ratedClips(text: string, file: string, table: RatedTable): readonly RatedClip[] {
  const { columns, rows } = parseCsv(text, file);
  const placeOf = (column: string): number => {
    const place = columns.indexOf(column);
    if (place < 0) throw invalid(file, 1, `there is no column '${column}': give the table that has it`);
    return place;
  };
  const shareColumns = Object.entries(table.emotions).map(([emotion, column]) => ({ emotion, at: placeOf(column) }));
  const meanColumns = ATTRIBUTES.map((attribute) => placeOf(table.means[attribute]));
  const least = table.smoothing / (shareColumns.length - 1);
  return rows.map(({ line, cells }) => {
    const number = (at: number, low: number, high: number): number => {
      const value = Number(cells[at]);
      if (cells[at] !== '' && value >= low && value <= high) return value;
      throw invalid(
        file,
        line,
        `'${cells[at] ?? ''}' is no number from ${low} to ${high}: mend column '${columns[at] ?? ''}'`,
      );
    };
    const shares: Record<string, number> = {};
    for (const { emotion, at } of shareColumns)
      shares[emotion] = (shares[emotion] ?? 0) + (number(at, 0, 1) - least) / (1 - shareColumns.length * least);
    const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
    if (Math.abs(total - 1) > 1e-4) throw invalid(file, line, `shares sum to ${total}, not to 1: mend the line`);
    const [valence = 3, arousal = 3, dominance = 3] = meanColumns.map((at) => number(at, 1, 5));
    return {
      shares,
      means: { valence: centred(valence), arousal: centred(arousal), dominance: centred(dominance) },
      raters: ratersOf([valence, arousal, dominance], table.fewestRaters),
    };
  });
}

/** From 1 to 5 to [-1, 1]. */
function centred(score: number): number {
  return (score - 3) / 2;
}

/** The smallest number of raters with whole scores that all the means fit, written with six digits. */
function ratersOf(means: readonly number[], fewest: number): number {
  for (let n = fewest; n < MOST_RATERS; n++)
    if (means.every((mean) => Math.abs(mean * n - Math.round(mean * n)) < 1e-6 * n)) return n;
  return MOST_RATERS;
}
