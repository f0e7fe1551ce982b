/** What a phone line and a coarse converter do to a voice. */
import { resample } from './resample.ts';

const MU = 255;
/** Levels on either side of zero in eight bits. */
const LEVELS = 127;

/**
 * There and back through 8 bits of mu-law at 8 kHz, as a phone line does: nothing above 4 kHz is left, and soft sounds
 * keep more of their shape than loud ones.
 * Source: ITU-T G.711, mu-law in its continuous form, mu = 255.
 * @param samples 16 kHz mono in [-1, 1], any length; what is beyond is clipped.
 * @returns a new array of the same length.
 * @example const called = phoneLine(bandLimit(samples));
 */
export function phoneLine(samples: Float32Array): Float32Array {
  const narrow = resample(samples, 2).map((x) => expand(Math.round(LEVELS * compress(x)) / LEVELS));
  const out = new Float32Array(samples.length);
  out.set(resample(narrow, 0.5).subarray(0, samples.length));
  return out;
}

/**
 * Round to so many bits.
 * @param samples mono in [-1, 1], any length; what is beyond is clipped.
 * @param bits 2 or more; 16 is what a common converter has, 8 is audibly coarse.
 * @returns a new array of the same length, at most half a step (2^-bits) from the input.
 * @example const coarse = quantise(samples, 8);
 */
export function quantise(samples: Float32Array, bits: number): Float32Array {
  const steps = Math.pow(2, bits - 1);
  return samples.map((x) => Math.round(Math.min(Math.max(x, -1), 1) * steps) / steps);
}

function compress(x: number): number {
  return (Math.sign(x) * Math.log1p(MU * Math.min(Math.abs(x), 1))) / Math.log1p(MU);
}

function expand(y: number): number {
  return (Math.sign(y) * Math.expm1(Math.abs(y) * Math.log1p(MU))) / MU;
}
