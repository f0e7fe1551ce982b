/** Sounds that a voice network was not made for, made of sounds that it was. */
import { whiteNoise } from '../augment/noise.ts';
import { clip } from '../augment/voice/level.ts';
import { meanPower } from '../augment/voice/level.ts';
import { addNoise, backgroundNoise } from '../augment/voice/noise.ts';
import { resample } from '../augment/voice/resample.ts';
import type { Random } from '../random.ts';
import { music } from './music.ts';

/** How a voice is spoilt. */
export type VoiceCorruption = keyof typeof VOICE_CORRUPTIONS;

/** Every way, in words and as a function of the sound: 16 kHz mono in [-1, 1], not changed; the result is as long. */
export const VOICE_CORRUPTIONS = {
  'white-noise': {
    words: 'white noise of the same level in place of the voice',
    spoil: (samples: Float32Array, random: Random) =>
      asLoudAs(samples, whiteNoise(random, new Float32Array(samples.length))),
  },
  noisy: {
    words: 'white noise as loud as the voice (0 dB) added',
    spoil: (samples: Float32Array, random: Random) =>
      bounded(addNoise(samples, backgroundNoise(random, samples.length, 'white'), 0)),
  },
  clipped: {
    words: 'overdriven: what is within 30 dB of the peak is cut off, then raised to the old peak',
    spoil: (samples: Float32Array) => bounded(clip(samples, CLIP_DB).map((x) => x * Math.pow(10, CLIP_DB / 20))),
  },
  'eight-khz': {
    words: 'sampled at 8 kHz and back: nothing above 4 kHz is left',
    spoil: (samples: Float32Array) => sameLength(resample(resample(samples, 2), 0.5), samples.length),
  },
  music: {
    words: 'synthetic music of the same level in place of the voice',
    spoil: (samples: Float32Array, random: Random) => asLoudAs(samples, music(random, samples.length)),
  },
} as const;

const CLIP_DB = 30;

function asLoudAs(samples: Float32Array, sound: Float32Array): Float32Array {
  const power = meanPower(sound);
  const factor = power === 0 ? 0 : Math.sqrt(meanPower(samples) / power);
  return bounded(sound.map((x) => factor * x));
}

function bounded(samples: Float32Array): Float32Array {
  return samples.map((x) => Math.min(Math.max(x, -1), 1));
}

function sameLength(samples: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(samples.subarray(0, length));
  return out;
}
