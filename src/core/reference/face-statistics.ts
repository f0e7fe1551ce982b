/** A face picture's light, contrast and sharpness in a few plain numbers: what a camera, a mask or a pen changes. */
import { CROP_SIZE } from '../faces/align.ts';

/** What the numbers of `faceStatistics` are, in their order. */
export const FACE_STATISTICS = [
  'mean grey',
  'logarithm of the contrast (standard deviation of grey)',
  'logarithm of the sharpness (standard deviation of the Laplacian)',
  'logarithm of the contrast around the mouth',
  'logarithm of the sharpness around the mouth',
  'entropy of the greys in 32 steps, nats',
] as const;

/** A part of a crop: rows and columns from, and up to but without. */
interface Part {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** All but the edge, where there is no Laplacian. */
const WHOLE: Part = { top: 1, bottom: CROP_SIZE - 1, left: 1, right: CROP_SIZE - 1 };
/** Where an aligned face has its mouth, whatever it does. */
const MOUTH: Part = { top: 32, bottom: 44, left: 15, right: 33 };
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
  const whole = spread(crop, WHOLE);
  return Float64Array.of(
    whole.mean,
    Math.log(whole.deviation + LEAST),
    Math.log(sharpness(crop, WHOLE) + LEAST),
    Math.log(spread(crop, MOUTH).deviation + LEAST),
    Math.log(sharpness(crop, MOUTH) + LEAST),
    greyEntropy(crop),
  );
}

/** Mean and standard deviation of a part. */
function spread(crop: Float32Array, part: Part): { readonly mean: number; readonly deviation: number } {
  const mean = meanOver(part, (i) => crop[i] ?? 0);
  return { mean, deviation: Math.sqrt(meanOver(part, (i) => ((crop[i] ?? 0) - mean) ** 2)) };
}

/** Root mean square of the four-neighbour Laplacian over a part. */
function sharpness(crop: Float32Array, part: Part): number {
  const grey = (i: number) => crop[i] ?? 0;
  const laplacian = (i: number) => grey(i - 1) + grey(i + 1) + grey(i - CROP_SIZE) + grey(i + CROP_SIZE) - 4 * grey(i);
  return Math.sqrt(meanOver(part, (i) => laplacian(i) ** 2));
}

/** Mean of a function of the pixel's place. */
function meanOver({ top, bottom, left, right }: Part, of: (i: number) => number): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += of(y * CROP_SIZE + x);
  return sum / ((bottom - top) * (right - left));
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
