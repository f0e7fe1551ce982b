/** How what was learned about raters goes with what is so. */
import { tally, type Tally } from '../metrics/tally.ts';

/**
 * Pearson's correlation over raters.
 * @returns -1 to 1 when read; NaN where either does not vary.
 * @example total(correlationTally([1, 2, 3], [2, 4, 7]));
 */
export function correlationTally(first: readonly number[], second: readonly number[]): Tally<number> {
  return tally(
    first.length,
    6,
    (row, i) => {
      const [x = NaN, y = NaN] = [first[i], second[i]];
      row.set([1, x, y, x * x, y * y, x * y]);
    },
    ([n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0]) =>
      (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y)),
  );
}

/** Spearman's correlation: Pearson's of the ranks. Resampled, it keeps the ranks among all. */
export function rankCorrelationTally(first: readonly number[], second: readonly number[]): Tally<number> {
  return correlationTally(ranks(first), ranks(second));
}

/** Places in rising order, from 1; those that are equal share the mean of theirs. */
export function ranks(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below + (same + 1) / 2;
  });
}
