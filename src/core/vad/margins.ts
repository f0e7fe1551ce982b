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
  const fitted = cells.map((share) => Math.max(LEAST, share));
  const byColumn = columns.map((_, column) => rows.map((_, row) => row * width + column));
  const byRow = rows.map((_, row) => columns.map((_, column) => row * width + column));
  for (let round = 0; round < ROUNDS; round++) {
    byColumn.forEach((line, column) => scale(fitted, line, columns[column] ?? 0));
    const off = byRow.map((line, row) => scale(fitted, line, rows[row] ?? 0));
    if (Math.max(...off) < CLOSE) break;
  }
  return fitted;
}

/** Brings the cells of a line to a sum, in place. @returns how far off they were. */
function scale(cells: number[], line: readonly number[], share: number): number {
  const sum = line.reduce((total, i) => total + (cells[i] ?? 0), 0);
  if (sum > 0) for (const i of line) cells[i] = ((cells[i] ?? 0) * share) / sum;
  return Math.abs(sum - share);
}
