/** The shape that every metric takes: a row a clip, a column a label. */

/** Numbers [clips][labels]. */
export type Matrix = readonly (readonly number[])[];

/** How far a row of shares may sum from 1: what rounding to 32 bits leaves, with room to spare. */
const SUM_TOLERANCE = 1e-3;

/** The number at a row and column of a matrix that has been checked. */
export function at(matrix: Matrix, row: number, column: number): number {
  return matrix[row]?.[column] ?? NaN;
}

/**
 * Refuses what is not a matrix of numbers from 0 to 1.
 * @param name what the matrix holds, for the sentence of the error.
 * @returns its number of columns, at least 1.
 * @throws RangeError naming row and column when it is empty, ragged, or holds NaN or a number outside [0, 1].
 * @example const labels = checkMatrix('shares', [[0.2, 0.8], [1, 0]]); // 2
 */
export function checkMatrix(name: string, matrix: Matrix): number {
  const columns = matrix[0]?.length ?? 0;
  if (columns === 0) throw new RangeError(`${name}: no row, or a first row without columns`);
  matrix.forEach((row, i) => {
    if (row.length !== columns)
      throw new RangeError(`${name}: row ${i} has ${row.length} columns where row 0 has ${columns}`);
    for (let k = 0; k < columns; k++) {
      const x = row[k] ?? NaN;
      if (!(x >= 0 && x <= 1)) throw new RangeError(`${name}: row ${i}, column ${k} is ${x}, not a number from 0 to 1`);
    }
  });
  return columns;
}

/**
 * Refuses two matrices that do not lie clip by clip and label by label beside one another.
 * @returns their number of columns.
 * @throws RangeError as `checkMatrix`, and when the matrices differ in rows or columns.
 */
export function checkPair(truth: Matrix, prediction: Matrix, names: readonly [string, string]): number {
  const columns = checkMatrix(names[0], truth);
  const others = checkMatrix(names[1], prediction);
  if (truth.length !== prediction.length || columns !== others)
    throw new RangeError(
      `${names[1]} is [${prediction.length}][${others}] where ${names[0]} is [${truth.length}][${columns}]`,
    );
  return columns;
}

/**
 * Refuses a matrix whose rows are not distributions.
 * @throws RangeError as `checkMatrix`, and when a row is further than 1e-3 from summing to 1.
 */
export function checkDistributions(name: string, matrix: Matrix): void {
  checkMatrix(name, matrix);
  matrix.forEach((row, i) => {
    const sum = row.reduce((total, x) => total + x, 0);
    if (Math.abs(sum - 1) > SUM_TOLERANCE) throw new RangeError(`${name}: row ${i} sums to ${sum}, not to 1`);
  });
}

/** Refuses a list that has not one entry a clip. @throws RangeError naming both lengths. */
export function checkLength(name: string, list: ArrayLike<unknown>, length: number): void {
  if (list.length !== length) throw new RangeError(`${name} has ${list.length} entries where ${length} are due`);
}
