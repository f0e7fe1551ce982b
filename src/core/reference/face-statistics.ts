/** A face picture's light, contrast and sharpness in a few plain numbers: what a camera, a mask or a pen changes. */
import { CROP_SIZE } from '../faces/align.ts';

/** What the numbers of `faceStatistics` are, in their order. */
export const FACE_STATISTICS = [
  'mean grey',
  'logarithm of the contrast (standard deviation of grey)',
  'logarithm of the sharpness (standard deviation of the Laplacian)',
  'logarithm of the contrast below the nose',
  'logarithm of the sharpness below the nose',
  'entropy of the greys in 32 steps, nats',
] as const;

/** Rows of an aligned crop that lie below the nose. */
const BELOW_NOSE = 31;
const GREYS = 32;
/** A grey level of 255: less than that is no contrast. */
const LEAST = 1 / 255;

/**
 * The statistics of one face.
 * @param crop [48, 48] grey in [0, 1], row-major.
 * @returns one number for each of `FACE_STATISTICS`, finite.
 * @example const [light] = faceStatistics(crop);
 */
export function faceStatistics(crop: Float32Array): Float64Array {
  const whole = spread(crop, 0);
  return Float64Array.of(
    whole.mean,
    Math.log(whole.deviation + LEAST),
    Math.log(sharpness(crop, 1) + LEAST),
    Math.log(spread(crop, BELOW_NOSE).deviation + LEAST),
    Math.log(sharpness(crop, BELOW_NOSE) + LEAST),
    greyEntropy(crop),
  );
}

/** Mean and standard deviation of the rows from `top`. */
function spread(crop: Float32Array, top: number): { readonly mean: number; readonly deviation: number } {
  let [sum, squares] = [0, 0];
  const n = (CROP_SIZE - top) * CROP_SIZE;
  for (let i = top * CROP_SIZE; i < CROP_SIZE * CROP_SIZE; i++) {
    const grey = crop[i] ?? 0;
    sum += grey;
    squares += grey * grey;
  }
  const mean = sum / n;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
}

/** Root mean square of the four-neighbour Laplacian over the inner pixels of the rows from `top`. */
function sharpness(crop: Float32Array, top: number): number {
  let [squares, n] = [0, 0];
  for (let y = top; y < CROP_SIZE - 1; y++)
    for (let x = 1; x < CROP_SIZE - 1; x++, n++) {
      const i = y * CROP_SIZE + x;
      const grey = (offset: number) => crop[i + offset] ?? 0;
      squares += (grey(-1) + grey(1) + grey(-CROP_SIZE) + grey(CROP_SIZE) - 4 * grey(0)) ** 2;
    }
  return Math.sqrt(squares / n);
}

function greyEntropy(crop: Float32Array): number {
  const counts = new Float64Array(GREYS);
  for (const grey of crop) {
    const step = Math.min(GREYS - 1, Math.max(0, Math.floor(grey * GREYS)));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / crop.length) * Math.log(count / crop.length)),
    0,
  );
}
