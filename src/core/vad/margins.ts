/** A joint distribution made to agree with what is known of each of its two variables alone. */

/** Rounds; each halves what is left many times over where the two hardly depend on each other, as here. */
const ROUNDS = 50;
/** Shares that differ by less are the same. */
const CLOSE = 1e-9;
/** Of a cell: an exact zero could never be raised. */
const LEAST = 1e-12;

/**
 * Iterative proportional fitting (Deming and Stephan 1940): of all distributions with these margins the one that is nearest
 * to `cells` by Kullback-Leibler divergence, so what `cells` says of how the two depend on each other is kept.
 * @param cells row-major [rows, columns], none negative.
 * @param rows share of each row; sums to 1.
 * @param columns share of each column; sums to 1.
 * @example withMargins([0.25, 0.25, 0.25, 0.25], [0.8, 0.2], [0.5, 0.5]); // [0.4, 0.4, 0.1, 0.1]
 */
export function withMargins(
  cells: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
): readonly number[] {
  const width = columns.length;
  let fitted = cells.map((share) => Math.max(LEAST, share));
  for (let round = 0; round < ROUNDS; round++) {
    fitted = scaled(fitted, columns, (i) => i % width);
    const off = rows.reduce(
      (most, share, row) => Math.max(most, Math.abs(share - total(fitted, (i) => Math.floor(i / width) === row))),
      0,
    );
    fitted = scaled(fitted, rows, (i) => Math.floor(i / width));
    if (off < CLOSE) break;
  }
  return fitted;
}

/** Each cell times what its line lacks. */
function scaled(cells: readonly number[], shares: readonly number[], lineOf: (i: number) => number): number[] {
  const sums = shares.map((_, line) => total(cells, (i) => lineOf(i) === line));
  return cells.map((cell, i) => (cell * (shares[lineOf(i)] ?? 0)) / (sums[lineOf(i)] || 1));
}

function total(cells: readonly number[], counts: (i: number) => boolean): number {
  return cells.reduce((sum, cell, i) => sum + (counts(i) ? cell : 0), 0);
}
