/** Sounds that are heard beside a voice, and how to add them at a promised ratio. */
import { SAMPLE_RATE_HZ } from '../../features.ts';
import type { Random } from '../../random.ts';
import { whiteNoise } from '../noise.ts';
import { highPass, filter, lowPass } from './biquad.ts';
import { meanPower } from './level.ts';

/** Hiss, a fan or traffic, voices in another corner. */
export type NoiseColour = 'white' | 'pink' | 'babble';

/**
 * Noise at 16 kHz; its level means nothing before `addNoise` sets it.
 * @param length samples.
 * @param colour `white`: the same power in every Hz. `pink`: 3 dB less with every octave (Kellet's three poles, within
 * 0.5 dB above 40 Hz). `babble`: a voice's mean spectrum (falling above 500 Hz), swelling at the rate of syllables.
 * @example const fan = backgroundNoise(randomStream(7), 48_000, 'pink');
 */
export function backgroundNoise(random: Random, length: number, colour: NoiseColour): Float32Array {
  const white = whiteNoise(random, new Float32Array(length));
  if (colour === 'white') return white;
  return colour === 'pink' ? pink(white) : babble(random, white);
}

/**
 * Add `noise` so that the clip's mean power is `snrDb` above the noise's.
 * @param samples mono, any length; digital silence stays silent, as no ratio to it exists.
 * @param noise as long as `samples`, any level.
 * @param snrDb decibels; the lower, the noisier.
 * @returns a new array of the same length; it may leave [-1, 1].
 * @example const noisy = addNoise(samples, backgroundNoise(random, samples.length, 'babble'), 10);
 */
export function addNoise(samples: Float32Array, noise: Float32Array, snrDb: number): Float32Array {
  const noisePower = meanPower(noise);
  if (noisePower === 0) return samples.slice();
  const factor = Math.sqrt((meanPower(samples) / noisePower) * Math.pow(10, -snrDb / 10));
  return samples.map((x, i) => x + factor * (noise[i] ?? 0));
}

function pink(white: Float32Array): Float32Array {
  let slow = 0;
  let middle = 0;
  let fast = 0;
  return white.map((x) => {
    slow = 0.99765 * slow + 0.099046 * x;
    middle = 0.963 * middle + 0.2965164 * x;
    fast = 0.57 * fast + 1.0526913 * x;
    return slow + middle + fast + 0.1848 * x;
  });
}

const SYLLABLES_HZ = 4;

function babble(random: Random, white: Float32Array): Float32Array {
  const shaped = filter(white, [highPass(100, Math.SQRT1_2), lowPass(500, 0.5)]);
  // A swell for every quarter of a second, joined by straight lines: cheaper than filtering noise down to 4 Hz.
  const every = SAMPLE_RATE_HZ / (2 * SYLLABLES_HZ);
  const swells = Float32Array.from({ length: Math.ceil(white.length / every) + 2 }, () => 0.2 + random());
  return shaped.map((x, i) => {
    const at = i / every;
    const from = Math.trunc(at);
    const low = swells[from] ?? 0;
    return x * (low + (at - from) * ((swells[from + 1] ?? 0) - low));
  });
}
