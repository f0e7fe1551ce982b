/** Order statistics and a straight line, for benchmarks. */

/** The p-quantile of the values, 0 <= p <= 1; NaN of none. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
}

/** Least squares of y on x: the slope, and the half-width of its 95 % interval. */
export function slope(points: readonly (readonly [number, number])[]): {
  readonly slope: number;
  readonly half: number;
} {
  const n = points.length;
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / n;
  const [mx, my] = [mean(0), mean(1)];
  const sxx = points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const b = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / sxx;
  const rss = points.reduce((sum, [x, y]) => sum + (y - my - b * (x - mx)) ** 2, 0);
  return { slope: b, half: 1.96 * Math.sqrt(rss / (n - 2) / sxx) };
}
