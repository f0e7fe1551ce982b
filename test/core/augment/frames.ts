/** Log-mel frames for the tests of augmentation. */
import fc from 'fast-check';
import { whiteNoise } from '../../../src/core/augment/noise.ts';
import { logMel, MEL_BANDS } from '../../../src/core/features.ts';
import { randomStream } from '../../../src/core/random.ts';

/** What `logMel` makes of whole samples. */
export const melOf = (samples: Float32Array): Float32Array => logMel(new Float32Array(0), samples).frames;

/** White noise of standard deviation 0.1. */
export const hiss = (name: string | number, length: number): Float32Array =>
  whiteNoise(randomStream('hiss', name), new Float32Array(length)).map((x) => 0.1 * x);

/** Some frames of noise of any seed. */
export const clips: fc.Arbitrary<Float32Array> = fc
  .tuple(fc.integer(), fc.integer({ min: 1, max: 60 }))
  .map(([seed, n]) => melOf(hiss(seed, 400 + 160 * (n - 1))));

/** Mean of each band's power, [64]. */
export function bandPowers(frames: Float32Array): Float64Array {
  const n = frames.length / MEL_BANDS;
  const powers = new Float64Array(MEL_BANDS);
  frames.forEach((x, i) => (powers[i % MEL_BANDS] = (powers[i % MEL_BANDS] ?? 0) + Math.exp(x) / n));
  return powers;
}

/** The band with the most power. */
export function loudestBand(frames: Float32Array): number {
  const powers = bandPowers(frames);
  return powers.indexOf(Math.max(...powers));
}
