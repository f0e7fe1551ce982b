/** The cosine transform in which diffusion is a multiplication (Botev, Grotowski and Kroese 2010, section 5). */
import type { Histogram } from './histogram.ts';

/** The lowest frequencies of a histogram. */
export interface Spectrum {
  /** Frequencies an axis, 0 to `size - 1`. */
  readonly size: number;
  /** Row-major [size, size]: rows are frequencies along the first axis. */
  readonly amplitudes: Float64Array;
  /** Points behind it. */
  readonly points: number;
}

/**
 * Rows of the discrete cosine transform (DCT-II): row k is w(k) cos(pi k (i + 1/2) / bins), w(0) = 1 and 2 after.
 * @returns row-major [size, bins].
 * @example cosineTransform(2, 2); // [1, 1, 1.414, -1.414]
 */
export function cosineTransform(size: number, bins: number): Float64Array {
  // The angles are multiples of pi / (2 bins): one turn of them is enough.
  const turn = Float64Array.from({ length: 4 * bins }, (_, m) => Math.cos((Math.PI * m) / (2 * bins)));
  const transform = new Float64Array(size * bins);
  for (let k = 0; k < size; k++)
    for (let i = 0; i < bins; i++)
      transform[k * bins + i] = (k === 0 ? 1 : 2) * (turn[(k * (2 * i + 1)) % (4 * bins)] ?? 0);
  return transform;
}

/**
 * What each frequency adds to the mean density of each of `cells` equal parts of an axis of `bins`; the axis has length 1.
 * @returns row-major [cells, size].
 * @throws RangeError when the bins cannot be divided so.
 */
export function cellMeans(cells: number, size: number, bins: number): Float64Array {
  const width = bins / cells;
  if (!Number.isInteger(width)) throw new RangeError(`${bins} bins cannot be divided into ${cells} cells`);
  const transform = cosineTransform(size, bins);
  return Float64Array.from({ length: cells * size }, (_, at) => {
    const [cell, k] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let i = cell * width; i < (cell + 1) * width; i++) sum += transform[k * bins + i] ?? 0;
    // Back from the transform, each frequency counts once.
    return sum / width / (k === 0 ? 1 : 2);
  });
}

/**
 * The lowest frequencies of a histogram. Rows of it without a point cost nothing.
 * @param size frequencies an axis, at most `bins`.
 */
export function spectrumOf({ bins, shares, points }: Histogram, size = bins): Spectrum {
  const transform = cosineTransform(size, bins);
  const amplitudes = new Float64Array(size * size);
  const row = new Float64Array(size);
  for (let i = 0; i < bins; i++) {
    row.fill(0);
    let empty = true;
    for (let j = 0; j < bins; j++) {
      const share = shares[i * bins + j] ?? 0;
      if (share === 0) continue;
      empty = false;
      for (let l = 0; l < size; l++) row[l] = (row[l] ?? 0) + share * (transform[l * bins + j] ?? 0);
    }
    if (empty) continue;
    for (let k = 0; k < size; k++) {
      const factor = transform[k * bins + i] ?? 0;
      for (let l = 0; l < size; l++)
        amplitudes[k * size + l] = (amplitudes[k * size + l] ?? 0) + factor * (row[l] ?? 0);
    }
  }
  return { size, amplitudes, points };
}

/**
 * left A right^T of a square A [size, size].
 * @param left row-major [rows, size], as is `right`.
 * @returns row-major [rows, rows].
 */
export function sandwich(left: Float64Array, { size, amplitudes }: Spectrum, right: Float64Array): Float64Array {
  const rows = left.length / size;
  const half = new Float64Array(rows * size);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < size; k++) {
      const factor = left[r * size + k] ?? 0;
      for (let l = 0; l < size; l++)
        half[r * size + l] = (half[r * size + l] ?? 0) + factor * (amplitudes[k * size + l] ?? 0);
    }
  return Float64Array.from({ length: rows * rows }, (_, at) => {
    const [r, s] = [Math.floor(at / rows), at % rows];
    let sum = 0;
    for (let l = 0; l < size; l++) sum += (half[r * size + l] ?? 0) * (right[s * size + l] ?? 0);
    return sum;
  });
}
