/** A voice as another room, microphone and line would have given it. */
import { integerBelow, uniform } from '../random.ts';
import type { Random } from '../random.ts';
import { bandLimit } from './voice/biquad.ts';
import { phoneLine, quantise } from './voice/codec.ts';
import { cut } from './voice/cut.ts';
import { clip, gain } from './voice/level.ts';
import { addNoise, backgroundNoise } from './voice/noise.ts';
import type { NoiseColour } from './voice/noise.ts';
import { resample } from './voice/resample.ts';
import { reverb } from './voice/reverb.ts';

/** How strongly and how often each thing may change; what is absent takes its default. */
export interface VoiceAugmentation {
  /** Samples of the result, a random stretch or among silence; 0 keeps the length. 48000 is 3 s. Default 0. */
  readonly windowSamples?: number;
  /** Largest change of speed and pitch, as a share: 0.1 is from 1/1.1 to 1.1 times. Default 0.08. */
  readonly speed?: number;
  /** Chance of a room, 0 to 1. Default 0.3. */
  readonly reverbChance?: number;
  /** Longest reverberation time, seconds, above 0.1. Default 0.7. */
  readonly rt60S?: number;
  /** Direct over reverberant sound is from here to 12 dB above it, decibels. Default 0. */
  readonly directDb?: number;
  /** Chance of background noise, of any colour, 0 to 1. Default 0.5. */
  readonly noiseChance?: number;
  /** Lowest signal-to-noise ratio, decibels; it reaches 25 dB above that. Default 5. */
  readonly snrDb?: number;
  /** Chance of an overdriven microphone, 0 to 1. Default 0.1. */
  readonly clipChance?: number;
  /** Deepest clipping under the clip's peak, decibels. Default 9. */
  readonly clipDb?: number;
  /** Chance of a coarse converter of 6 to 10 bits, 0 to 1. Default 0.05. */
  readonly quantiseChance?: number;
  /** Chance of a phone line (300 to 3400 Hz, mu-law at 8 kHz), 0 to 1. Default 0.15. */
  readonly phoneChance?: number;
  /** Largest change of level, decibels. Default 10. */
  readonly gainDb?: number;
}

/** What a `VoiceAugmentation` holds where it says nothing. */
export const VOICE_AUGMENTATION: Required<VoiceAugmentation> = {
  windowSamples: 0,
  speed: 0.08,
  reverbChance: 0.3,
  rt60S: 0.7,
  directDb: 0,
  noiseChance: 0.5,
  snrDb: 5,
  clipChance: 0.1,
  clipDb: 9,
  quantiseChance: 0.05,
  phoneChance: 0.15,
  gainDb: 10,
};

const COLOURS: readonly NoiseColour[] = ['white', 'pink', 'babble'];

/**
 * One random variant of a voice, in the order in which a sound comes about: the speaker, the room, its noise, the
 * microphone, the line, the level. With `speed`, `gainDb`, `windowSamples` and every chance 0 the result equals
 * `samples`.
 * @param samples 16 kHz mono in [-1, 1], any length; not changed.
 * @param random the same stream gives the same variant.
 * @returns a new array in [-1, 1]; its length changes with the speed unless `windowSamples` says which.
 * @example augmentVoice(samples, randomStream(seed, 'voice', epoch, clipId), { windowSamples: 48_000 });
 */
export function augmentVoice(samples: Float32Array, random: Random, options: VoiceAugmentation = {}): Float32Array {
  const most = { ...VOICE_AUGMENTATION, ...options };
  const speed = Math.exp(uniform(random, -1, 1) * Math.log1p(most.speed));
  let sound = resample(samples, speed);
  if (most.windowSamples > 0) sound = cut(sound, random, most.windowSamples);
  if (random() < most.reverbChance)
    sound = reverb(sound, random, {
      rt60S: uniform(random, 0.1, most.rt60S),
      directDb: most.directDb + uniform(random, 0, 12),
    });
  if (random() < most.noiseChance) {
    const colour = COLOURS[integerBelow(random, COLOURS.length)] ?? 'white';
    sound = addNoise(sound, backgroundNoise(random, sound.length, colour), most.snrDb + uniform(random, 0, 25));
  }
  if (random() < most.clipChance) sound = clip(sound, uniform(random, 0, most.clipDb));
  if (random() < most.quantiseChance) sound = quantise(sound, 6 + integerBelow(random, 5));
  if (random() < most.phoneChance) sound = phoneLine(bandLimit(sound));
  sound = gain(sound, uniform(random, -1, 1) * most.gainDb);
  return sound.map((x) => Math.min(Math.max(x, -1), 1));
}
