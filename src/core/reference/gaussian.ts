/** How far a row of numbers lies from rows like those that are known: Mahalanobis' distance, by a covariance that is shrunk. */

/** A cloud of rows: its centre, and the map that makes it round. */
export interface Gaussian {
  /** One number a column. */
  readonly mean: Float32Array;
  /** Lower triangle, row after row: `whiten (x - mean)` has the unit matrix as covariance. */
  readonly whiten: Float32Array;
}

/** A cloud and how it was found. */
export interface FittedGaussian extends Gaussian {
  /** Share of the covariance that was taken from the diagonal, 0 to 1. */
  readonly shrinkage: number;
}

/** Of a column that never changes: any change is far. */
const LEAST_DEVIATION = 1e-6;

/**
 * Fit a cloud: columns are scaled to variance 1, and their correlations shrunk towards none by the share that is best on
 * average (Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004, Eq. 14).
 * @param rows at least 2, all of one length.
 * @throws RangeError for fewer.
 * @example const cloud = fitGaussian(rows); squaredDistance(cloud, rows[0]);
 */
export function fitGaussian(rows: readonly ArrayLike<number>[]): FittedGaussian {
  const n = rows.length;
  const width = rows[0]?.length ?? 0;
  if (n < 2) throw new RangeError(`${n} rows have no covariance: give at least 2`);
  const mean = new Float64Array(width);
  for (const row of rows) for (let j = 0; j < width; j++) mean[j] = (mean[j] ?? 0) + (row[j] ?? 0) / n;
  const deviation = new Float64Array(width);
  for (const row of rows)
    for (let j = 0; j < width; j++) deviation[j] = (deviation[j] ?? 0) + ((row[j] ?? 0) - (mean[j] ?? 0)) ** 2 / n;
  deviation.forEach((square, j) => (deviation[j] = Math.max(LEAST_DEVIATION, Math.sqrt(square))));
  const scaled = rows.map((row) => Float64Array.from(row, (x, j) => (x - (mean[j] ?? 0)) / (deviation[j] ?? 1)));

  const correlation = secondMoments(scaled, width);
  const shrinkage = ledoitWolf(scaled, correlation, width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < i; j++) correlation[i * width + j] = (correlation[i * width + j] ?? 0) * (1 - shrinkage);
  for (let i = 0; i < width; i++)
    correlation[i * width + i] = (1 - shrinkage) * (correlation[i * width + i] ?? 0) + shrinkage;
  const inverse = inverseLower(cholesky(correlation, width), width);
  const whiten = new Float32Array((width * (width + 1)) / 2);
  for (let i = 0, at = 0; i < width; i++)
    for (let j = 0; j <= i; j++, at++) whiten[at] = (inverse[i * width + j] ?? 0) / (deviation[j] ?? 1);
  return { mean: Float32Array.from(mean), whiten, shrinkage };
}

/**
 * Mahalanobis' distance of a row, squared: on average the number of columns for rows like those that were fitted.
 * @param row as long as the cloud's mean.
 */
export function squaredDistance({ mean, whiten }: Gaussian, row: ArrayLike<number>): number {
  const centred = Float64Array.from(mean, (middle, j) => (row[j] ?? 0) - middle);
  let sum = 0;
  for (let i = 0, at = 0; i < centred.length; i++) {
    let x = 0;
    for (let j = 0; j <= i; j++, at++) x += (whiten[at] ?? 0) * (centred[j] ?? 0);
    sum += x * x;
  }
  return sum;
}

/** Lower triangle of the mean of x x'. */
function secondMoments(rows: readonly Float64Array[], width: number): Float64Array {
  const out = new Float64Array(width * width);
  for (const row of rows)
    for (let i = 0; i < width; i++) {
      const x = (row[i] ?? 0) / rows.length;
      for (let j = 0; j <= i; j++) out[i * width + j] = (out[i * width + j] ?? 0) + x * (row[j] ?? 0);
    }
  return out;
}

/** b^2 / d^2 of the paper's Eq. 14, the target being the unit matrix: how much of the correlations is noise. */
function ledoitWolf(rows: readonly Float64Array[], correlation: Float64Array, width: number): number {
  let [offUnit, squared] = [0, 0];
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      const c = correlation[i * width + j] ?? 0;
      const twice = i === j ? 1 : 2;
      offUnit += twice * (c - (i === j ? 1 : 0)) ** 2;
      squared += twice * c * c;
    }
  // The mean of |x x' - S|^2 is the mean of |x|^4 less |S|^2.
  const n = rows.length;
  const fourth = rows.reduce((sum, row) => sum + row.reduce((square, x) => square + x * x, 0) ** 2, 0) / n;
  const noise = (fourth - squared) / n;
  return offUnit === 0 ? 1 : Math.min(1, Math.max(0, noise / offUnit));
}

/** L of S = L L', row-major; S is given by its lower triangle and positive definite, being shrunk. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const lower = new Float64Array(width * width);
  const at = (i: number, j: number) => lower[i * width + j] ?? 0;
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * width + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      lower[i * width + j] = i === j ? Math.sqrt(Math.max(sum, LEAST_DEVIATION)) : sum / at(j, j);
    }
  return lower;
}

function inverseLower(lower: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width * width);
  for (let column = 0; column < width; column++)
    for (let i = column; i < width; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= (lower[i * width + k] ?? 0) * (out[k * width + column] ?? 0);
      out[i * width + column] = sum / (lower[i * width + i] ?? 1);
    }
  return out;
}
