import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { augmentVoice, VOICE_AUGMENTATION } from '../../../src/core/augment/voice.ts';
import { bandLimit, filter, highPass, lowPass } from '../../../src/core/augment/voice/biquad.ts';
import { gain, meanPower } from '../../../src/core/augment/voice/level.ts';
import { resample } from '../../../src/core/augment/voice/resample.ts';
import { reverb } from '../../../src/core/augment/voice/reverb.ts';
import { randomStream } from '../../../src/core/random.ts';
import { difference, inDb, sounds, tone, tonePower } from './sounds.ts';

describe('filters', () => {
  test('are linear, and none changes nothing', () => {
    fc.assert(
      fc.property(sounds, (samples) => {
        expect(filter(samples, [])).toEqual(samples);
        const louder = bandLimit(gain(samples, 6));
        gain(bandLimit(samples), 6).forEach((x, i) => {
          expect(Math.abs(x - (louder[i] ?? NaN))).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 10 },
    );
  });

  const response = (pass: (samples: Float32Array) => Float32Array, hz: number): number =>
    inDb(tonePower(pass(tone(hz, 16_000)).subarray(4000), hz) / 0.125);

  test('Butterworth filters are 3 dB down at their edge and 12 dB an octave beyond', () => {
    const low = (samples: Float32Array): Float32Array => filter(samples, [lowPass(500, Math.SQRT1_2)]);
    const high = (samples: Float32Array): Float32Array => filter(samples, [highPass(2000, Math.SQRT1_2)]);
    expect(response(low, 500)).toBeCloseTo(-3.01, 1);
    expect(response(high, 2000)).toBeCloseTo(-3.01, 1);
    expect(response(low, 50)).toBeCloseTo(0, 1);
    expect(response(low, 2000)).toBeLessThan(-24);
    expect(response(high, 500)).toBeLessThan(-23);
  });

  test('a telephone band keeps what is in it and removes what is not', () => {
    for (const hz of [600, 1000, 2000]) expect(response(bandLimit, hz)).toBeCloseTo(0, 0);
    for (const hz of [300, 3400]) expect(response(bandLimit, hz)).toBeCloseTo(-3, 0);
    for (const hz of [100, 6800]) expect(response(bandLimit, hz)).toBeLessThan(-24);
  });
});

describe('another speed', () => {
  test('divides the length and multiplies the frequency', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        fc.integer({ min: 200, max: 5000 }),
        fc.integer({ min: 3000, max: 6000 }),
        (speed, hz, n) => {
          const fast = resample(tone(hz, n), speed);
          expect(fast).toHaveLength(Math.round(n / speed));
          expect(tonePower(fast, hz * speed) / 0.125).toBeCloseTo(1, 1);
          if (Math.abs(speed - 1) * hz > 40) expect(tonePower(fast, hz) / 0.125).toBeLessThan(0.01);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('1 changes nothing, and there and back is nearly nothing', () => {
    fc.assert(
      fc.property(sounds, (samples) => {
        expect(resample(samples, 1)).toEqual(samples);
      }),
      { numRuns: 10 },
    );
    const voice = tone(700, 8000);
    const back = resample(resample(voice, 1.07), 1 / 1.07);
    expect(inDb(meanPower(difference(back, voice.subarray(0, back.length)).subarray(200, 7800)))).toBeLessThan(-50);
  });

  test('twice as fast lets nothing alias', () => {
    const half = resample(tone(5500, 8000), 2);
    expect(half).toHaveLength(4000);
    expect(inDb(meanPower(half) / 0.125)).toBeLessThan(-35);
  });
});

describe('a room', () => {
  const room = { rt60S: 0.4, directDb: 3 };

  test('keeps the length and the energy, so the louder clip stays the louder one', () => {
    fc.assert(
      fc.property(sounds, sounds, fc.integer(), (a, b, seed) => {
        const inRoom = (samples: Float32Array): Float32Array => reverb(samples, randomStream(seed), room);
        expect(inRoom(a)).toHaveLength(a.length);
        expect(inDb(meanPower(inRoom(a)) / meanPower(a))).toBeCloseTo(0, 3);
        if (meanPower(a) > 1.01 * meanPower(b)) expect(meanPower(inRoom(a))).toBeGreaterThan(meanPower(inRoom(b)));
      }),
      { numRuns: 20 },
    );
  });

  test('silence stays silence', () => {
    expect(reverb(new Float32Array(900), randomStream(1), room)).toEqual(new Float32Array(900));
  });

  test('a click fades by 60 dB in the promised time', () => {
    for (const rt60S of [0.2, 0.4, 0.8]) {
      const click = new Float32Array(20_000);
      click[0] = 1;
      const heard = reverb(click, randomStream('room', rt60S), { rt60S, directDb: -10 });
      const level = (fromS: number): number => inDb(meanPower(heard.subarray(fromS * 16_000, (fromS + 0.05) * 16_000)));
      const drop = level(0.05) - level(0.05 + rt60S / 2);
      expect(Math.abs(drop - 30)).toBeLessThan(5);
    }
  });

  test('a nearer voice is nearer to the dry one', () => {
    const voice = tone(300, 8000);
    const farness = [20, 10, 0, -10].map((directDb) =>
      meanPower(reverb(voice, randomStream(5), { rt60S: 0.4, directDb }).map((x, i) => x - (voice[i] ?? NaN))),
    );
    expect(farness).toEqual(farness.toSorted((a, b) => a - b));
  });
});

describe('a variant of a voice', () => {
  const nothing = Object.fromEntries(Object.keys(VOICE_AUGMENTATION).map((name) => [name, 0]));

  test('with nothing to change equals the voice', () => {
    fc.assert(
      fc.property(sounds, fc.integer(), (samples, seed) => {
        expect(augmentVoice(samples, randomStream(seed), nothing)).toEqual(samples);
      }),
      { numRuns: 20 },
    );
  });

  test('is a sound in [-1, 1] of the wanted length, and leaves the input alone', () => {
    const everything = {
      reverbChance: 1,
      noiseChance: 1,
      clipChance: 1,
      quantiseChance: 1,
      phoneChance: 1,
      windowSamples: 2000,
    };
    fc.assert(
      fc.property(
        sounds,
        fc.integer(),
        fc.constantFrom({ windowSamples: 2000 }, everything),
        (samples, seed, options) => {
          const before = samples.slice();
          const variant = augmentVoice(samples, randomStream(seed), options);
          expect(variant).toHaveLength(2000);
          expect(variant.every((x) => Math.abs(x) <= 1)).toBe(true);
          expect(samples).toEqual(before);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('is decided by the stream', () => {
    const voice = tone(300, 4000);
    expect(augmentVoice(voice, randomStream(1))).toEqual(augmentVoice(voice, randomStream(1)));
    expect(augmentVoice(voice, randomStream(1))).not.toEqual(augmentVoice(voice, randomStream(2)));
  });
});
