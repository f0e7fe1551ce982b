/** Log-mel frames in time: slower, faster, and as many as a window holds. */
import { MEL_BANDS, SILENT_BAND } from '../../features.ts';
import { integerBelow } from '../../random.ts';
import type { Random } from '../../random.ts';

/**
 * Speak faster or slower at the same pitch, by linear interpolation between frames.
 * @param frames row-major [n, 64].
 * @param speed above 0; 1.1 is a tenth faster, 1 changes nothing.
 * @returns a new array [round(n / speed), 64].
 * @example const hasty = stretchFrames(frames, 1.1);
 */
export function stretchFrames(frames: Float32Array, speed: number): Float32Array {
  if (speed === 1) return frames.slice();
  const n = frames.length / MEL_BANDS;
  const out = new Float32Array(Math.round(n / speed) * MEL_BANDS);
  for (let row = 0, i = 0; row < out.length; row += MEL_BANDS, i++) {
    const place = Math.min(i * speed, n - 1);
    const from = Math.floor(place);
    const share = place - from;
    const a = from * MEL_BANDS;
    const b = Math.min(from + 1, n - 1) * MEL_BANDS;
    for (let band = 0; band < MEL_BANDS; band++)
      out[row + band] = (frames[a + band] ?? 0) * (1 - share) + (frames[b + band] ?? 0) * share;
  }
  return out;
}

/**
 * A stretch of `length` frames from anywhere within the clip, or the clip anywhere within so much digital silence.
 * @param frames row-major [n, 64].
 * @param length frames wanted; 300 is a window of 3 s.
 * @returns a new array [length, 64]; equal to `frames` where n is `length`.
 * @example const window = cutFrames(frames, randomStream(7), 300);
 */
export function cutFrames(frames: Float32Array, random: Random, length: number): Float32Array {
  const spare = frames.length / MEL_BANDS - length;
  const start = integerBelow(random, Math.abs(spare) + 1) * MEL_BANDS;
  if (spare >= 0) return frames.slice(start, start + length * MEL_BANDS);
  const out = new Float32Array(length * MEL_BANDS).fill(SILENT_BAND);
  out.set(frames, start);
  return out;
}
