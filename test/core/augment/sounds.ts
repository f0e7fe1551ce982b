/** Sounds for the tests of augmentation, and how to measure them. */
import fc from 'fast-check';
import { whiteNoise } from '../../../src/core/augment/noise.ts';
import { SAMPLE_RATE_HZ } from '../../../src/core/features.ts';
import { randomStream } from '../../../src/core/random.ts';

/** A tone of amplitude `peak`. */
export function tone(hz: number, length: number, peak = 0.5): Float32Array {
  return Float32Array.from({ length }, (_, i) => peak * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE_HZ));
}

/** Quiet noise of any seed and of a twentieth to a fifth of a second. */
export const sounds: fc.Arbitrary<Float32Array> = fc
  .tuple(fc.integer(), fc.integer({ min: 800, max: 3200 }))
  .map(([seed, length]) => whiteNoise(randomStream('sound', seed), new Float32Array(length)).map((x) => 0.1 * x));

/** Power of the tone at `hz` in `samples`: 1/2 the square of its amplitude. */
export function tonePower(samples: Float32Array, hz: number): number {
  let re = 0;
  let im = 0;
  samples.forEach((x, i) => {
    // A Hann window, so that tones of other frequencies do not leak.
    const window = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / samples.length);
    const angle = (2 * Math.PI * hz * i) / SAMPLE_RATE_HZ;
    re += x * window * Math.cos(angle);
    im += x * window * Math.sin(angle);
  });
  return (2 * (re * re + im * im)) / samples.length ** 2;
}

export const inDb = (power: number): number => 10 * Math.log10(power);

export function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((x, i) => x - (b[i] ?? NaN));
}
