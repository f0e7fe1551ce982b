/** Counting points of valence and arousal in a square grid over [-1, 1] x [-1, 1]. */

/** A point in the square; what lies outside counts at its edge, as raters have no scores beyond the ends of a scale. */
export type Point = readonly [first: number, second: number];

/** Shares of points in the cells of a square grid. */
export interface Histogram {
  /** Cells an axis. */
  readonly bins: number;
  /** Row-major [bins, bins]: rows are the first coordinate, lowest first. */
  readonly shares: Float64Array;
  /** How many points there were. */
  readonly points: number;
}

/**
 * The share of points in each cell. An inner edge belongs to the cell above it.
 * @param bins cells an axis, 1 or more.
 * @throws RangeError when there is no point, or one is not finite.
 * @example histogram2d([[0, 0], [0.9, -0.9]], 2).shares; // [0, 0, 0.5, 0.5]
 */
export function histogram2d(points: readonly Point[], bins: number): Histogram {
  checkPoints(points);
  const cell = (x: number): number => Math.min(bins - 1, Math.max(0, Math.floor(((x + 1) / 2) * bins)));
  const shares = new Float64Array(bins * bins);
  for (const [x, y] of points) {
    const at = cell(x) * bins + cell(y);
    shares[at] = (shares[at] ?? 0) + 1 / points.length;
  }
  return { bins, shares, points: points.length };
}

/** How a soft histogram is made. */
export interface SoftHistogramOptions {
  /** Cells an axis. Default 64 (paper 4, section 3.3). */
  readonly bins?: number;
  /** Steepness of the edges; the larger, the sharper. Default 8 (paper 4, section 3.3). */
  readonly sigma?: number;
}

/**
 * The histogram that gradients flow through: a point is in a cell, of width d around c, to the degree
 * sigmoid(sigma (x - c + d / 2)) - sigmoid(sigma (x - c - d / 2)), axis by axis (paper 4, section 3.3). The degrees of
 * one point sum to less than 1, by what would lie outside of the square.
 * @throws RangeError when there is no point, or one is not finite.
 * @example softHistogram2d([[0, 0]]).shares[32 * 64 + 32]; // 0.0039, the most
 */
export function softHistogram2d(
  points: readonly Point[],
  { bins = 64, sigma = 8 }: SoftHistogramOptions = {},
): Histogram {
  checkPoints(points);
  // A cell's upper edge is the next one's lower: one sigmoid an edge.
  const degrees = (x: number, into: Float64Array): void => {
    let passed = sigmoid(sigma * (x + 1));
    for (let i = 0; i < bins; i++) {
      const next = sigmoid(sigma * (x + 1 - (2 * (i + 1)) / bins));
      into[i] = passed - next;
      passed = next;
    }
  };
  const shares = new Float64Array(bins * bins);
  const [rows, columns] = [new Float64Array(bins), new Float64Array(bins)];
  for (const [x, y] of points) {
    degrees(x, rows);
    degrees(y, columns);
    for (let i = 0; i < bins; i++) {
      const row = (rows[i] ?? 0) / points.length;
      for (let j = 0; j < bins; j++) shares[i * bins + j] = (shares[i * bins + j] ?? 0) + row * (columns[j] ?? 0);
    }
  }
  return { bins, shares, points: points.length };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function checkPoints(points: readonly Point[]): void {
  if (points.length === 0) throw new RangeError('there is no point');
  const row = points.findIndex(([x, y]) => !Number.isFinite(x) || !Number.isFinite(y));
  if (row >= 0) throw new RangeError(`point ${row} is (${points[row]?.join(', ') ?? ''}), not finite`);
}
