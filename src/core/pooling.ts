/** Several judgements of one face, a frame each, as one. */
import type { HeadLogits } from '../domain.ts';

/**
 * Both heads of a face pooled: log-shares as `poolLogits` does, presence logits by their mean, which is the same pool of a
 * label and its absence.
 * @param looks both heads row-major [n, width].
 * @param n number of frames, at least 1.
 * @throws RangeError when a head is not n rows of equal width.
 * @example const { shareLogits, presenceLogits } = poolHeads(window.face, window.face.n);
 */
export function poolHeads({ shareLogits, presenceLogits }: HeadLogits, n: number): HeadLogits {
  return { shareLogits: poolLogits(shareLogits, n), presenceLogits: meanRow(presenceLogits, n) };
}

/**
 * Mean of the frames' log-shares: the normalised geometric mean of what the network said of each frame, so a frame that
 * firmly excludes a label weighs more than one that is unsure. The result serves as logits: `softmax` of it is the
 * pooled share. Does not depend on the order of frames; one frame pools to itself up to a constant.
 * @param logits row-major [n, width], n at least 1.
 * @param n number of frames.
 * @returns `width` numbers.
 * @throws RangeError when `logits` is not n rows of equal width.
 */
export function poolLogits(logits: Float32Array, n: number): Float32Array {
  const width = widthOf(logits, n);
  const sums = new Float64Array(width);
  for (let row = 0; row < n; row++) {
    const frame = logits.subarray(row * width, (row + 1) * width);
    const norm = logSumExp(frame);
    for (let k = 0; k < width; k++) sums[k] = (sums[k] ?? 0) + (frame[k] ?? NaN) - norm;
  }
  return Float32Array.from(sums, (sum) => sum / n);
}

function meanRow(rows: Float32Array, n: number): Float32Array {
  const width = widthOf(rows, n);
  const sums = new Float64Array(width);
  rows.forEach((value, i) => (sums[i % width] = (sums[i % width] ?? 0) + value));
  return Float32Array.from(sums, (sum) => sum / n);
}

function widthOf(rows: Float32Array, n: number): number {
  const width = rows.length / n;
  if (!Number.isInteger(width) || width < 1) throw new RangeError(`${rows.length} logits are not ${n} rows`);
  return width;
}

/** ln of the sum of exp(x), computed from the largest so that it cannot overflow. */
function logSumExp(values: Float32Array): number {
  const top = values.reduce((max, x) => Math.max(max, x), -Infinity);
  return top + Math.log(values.reduce((sum, x) => sum + Math.exp(x - top), 0));
}
