/** Linear least squares by the normal equations: few unknowns, many rows. */

/**
 * Coefficients b that make the sum of (y - X b)² smallest.
 * @param rows X, each row as long as the first.
 * @param y one number a row.
 * @throws RangeError when the columns do not tell the unknowns apart.
 * @example leastSquares([[1, 0], [0, 1], [1, 1]], [1, 2, 3]); // [1, 2]
 */
export function leastSquares(rows: readonly (readonly number[])[], y: readonly number[]): readonly number[] {
  const width = rows[0]?.length ?? 0;
  const normal = Array.from({ length: width }, () => new Float64Array(width + 1));
  for (const [r, row] of rows.entries())
    for (const [i, x] of row.entries()) {
      const line = normal[i];
      if (!line || x === 0) continue;
      for (const [j, z] of row.entries()) line[j] = (line[j] ?? 0) + x * z;
      line[width] = (line[width] ?? 0) + x * (y[r] ?? NaN);
    }
  return solved(normal);
}

/** Gauss's elimination with pivots; each line ends in its right side. */
function solved(lines: readonly Float64Array[]): readonly number[] {
  const left = [...lines];
  const width = lines.length;
  const done: Float64Array[] = [];
  for (let i = 0; i < width; i++) {
    left.sort((a, b) => Math.abs(b[i] ?? 0) - Math.abs(a[i] ?? 0));
    const pivot = left.shift();
    const head = pivot?.[i] ?? 0;
    if (!pivot || Math.abs(head) < 1e-9) throw new RangeError(`column ${i} follows from the others: leave one out`);
    const scaled = pivot.map((x) => x / head);
    for (const line of [...left, ...done]) {
      const factor = line[i] ?? 0;
      for (let j = 0; j <= width; j++) line[j] = (line[j] ?? 0) - factor * (scaled[j] ?? 0);
    }
    done.push(scaled);
  }
  return done.map((line) => line[width] ?? NaN);
}
