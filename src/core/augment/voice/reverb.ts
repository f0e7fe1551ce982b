/** The room a voice is heard in. */
import { SAMPLE_RATE_HZ } from '../../features.ts';
import { uniform } from '../../random.ts';
import type { Random } from '../../random.ts';
import { meanPower } from './level.ts';

/** A room and one's distance from the microphone. */
export interface Room {
  /** Time in which the sound falls by 60 dB, seconds, above 0; 0.2 is furnished, 0.8 a bare hall. */
  readonly rt60S: number;
  /** Direct sound over reverberant sound, decibels; the lower, the farther away. */
  readonly directDb: number;
}

const LINES = 8;
/** Samples a line can hold, a power of two above the longest. */
const RING = 1024;

/**
 * Add the room's sound, and leave the clip's energy as it was: a louder clip stays the louder one.
 * A feedback delay network of eight lines (Jot and Chaigne 1991) mixed by a Householder reflection, whose loss makes
 * each line fall by 60 dB in the same time; a few operations a sample whatever the room.
 * @param samples 16 kHz mono, any length.
 * @param random decides where the walls are.
 * @returns a new array of the same length; the tail after the end is dropped.
 * @example const far = reverb(samples, randomStream(7), { rt60S: 0.5, directDb: 3 });
 */
export function reverb(samples: Float32Array, random: Random, { rt60S, directDb }: Room): Float32Array {
  const power = meanPower(samples);
  const wet = echoes(samples, random, rt60S);
  const wetPower = meanPower(wet);
  if (wetPower === 0) return samples.slice();
  const wetGain = Math.sqrt((power / wetPower) * Math.pow(10, -directDb / 10));
  const both = samples.map((x, i) => x + wetGain * (wet[i] ?? 0));
  const same = Math.sqrt(power / meanPower(both));
  return both.map((x) => x * same);
}

/** The reflections alone, at no particular level. */
function echoes(samples: Float32Array, random: Random, rt60S: number): Float32Array {
  // From 1.5 to 13 m of way, spread so that no two lines are alike.
  const lengths = Array.from({ length: LINES }, (_, i) =>
    Math.round(70 * Math.pow(1.35, i + uniform(random, -0.4, 0.4))),
  );
  const losses = Float64Array.from(lengths, (length) => Math.pow(10, (-3 * length) / (rt60S * SAMPLE_RATE_HZ)));
  // All lines share one write place in rings of one size.
  const rings = new Float32Array(LINES * RING);
  const delays = Int32Array.from(lengths);
  const heard = new Float64Array(LINES);
  const out = new Float32Array(samples.length);
  for (let n = 0; n < out.length; n++) {
    let sum = 0;
    for (let i = 0; i < LINES; i++) {
      const y = (rings[i * RING + ((n - (delays[i] ?? 0)) & (RING - 1))] ?? 0) * (losses[i] ?? 0);
      heard[i] = y;
      sum += y;
    }
    const x = samples[n] ?? 0;
    const mixed = (2 / LINES) * sum;
    // Half of the lines take the sound turned over, so that their first echoes do not add up.
    for (let i = 0; i < LINES; i++)
      rings[i * RING + (n & (RING - 1))] = (heard[i] ?? 0) - mixed + ((i & 1) === 0 ? x : -x);
    out[n] = sum;
  }
  return out;
}
