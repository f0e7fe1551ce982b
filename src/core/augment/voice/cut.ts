/** Which seconds of a clip a network gets to hear. */
import { integerBelow } from '../../random.ts';
import type { Random } from '../../random.ts';

/**
 * A stretch of `length` from anywhere within the clip, or the clip anywhere within so much silence.
 * @param samples mono, any length.
 * @param length samples wanted; 48000 is a window of 3 s.
 * @returns a new array of `length`; equal to `samples` where the lengths are equal.
 * @example const window = cut(samples, randomStream(7), 48_000);
 */
export function cut(samples: Float32Array, random: Random, length: number): Float32Array {
  const spare = samples.length - length;
  const start = integerBelow(random, Math.abs(spare) + 1);
  if (spare >= 0) return samples.slice(start, start + length);
  const out = new Float32Array(length);
  out.set(samples, start);
  return out;
}
