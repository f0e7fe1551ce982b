/** White noise fast enough for every pixel and sample of every epoch. */
import type { Random } from '../random.ts';

/** Standard deviation of the sum of four uniform bytes, and its mean. */
const BYTES_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12);
const BYTES_MEAN = 4 * 127.5;

/**
 * Fill with independent numbers of mean 0 and variance 1, near enough to normal for noise (the sum of four uniform
 * bytes: kurtosis 2.7, nothing beyond 3.5). Ten times faster than `gaussian`: one draw of `random` seeds a mulberry32
 * generator for the whole buffer.
 * @param out overwritten, any length; also returned.
 * @example const hiss = whiteNoise(randomStream(7, 'hiss'), new Float32Array(48_000));
 */
export function whiteNoise(random: Random, out: Float32Array): Float32Array {
  let state = Math.floor(random() * 4_294_967_296) | 0;
  for (let i = 0; i < out.length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    t ^= t >>> 14;
    out[i] = ((t & 255) + ((t >>> 8) & 255) + ((t >>> 16) & 255) + (t >>> 24) - BYTES_MEAN) / BYTES_DEVIATION;
  }
  return out;
}
