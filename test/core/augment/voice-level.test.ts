import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { phoneLine, quantise } from '../../../src/core/augment/voice/codec.ts';
import { cut } from '../../../src/core/augment/voice/cut.ts';
import { clip, gain, meanPower } from '../../../src/core/augment/voice/level.ts';
import { addNoise, backgroundNoise } from '../../../src/core/augment/voice/noise.ts';
import { powerSpectrum } from '../../../src/core/dft.ts';
import { randomStream } from '../../../src/core/random.ts';
import { difference, inDb, sounds, tone, tonePower } from './sounds.ts';

const someDb = fc.double({ min: -30, max: 30, noNaN: true });

describe('gain', () => {
  test('0 dB changes nothing, and gains add up in decibels', () => {
    fc.assert(
      fc.property(sounds, someDb, (samples, db) => {
        expect(gain(samples, 0)).toEqual(samples);
        expect(inDb(meanPower(gain(samples, db)) / meanPower(samples))).toBeCloseTo(db, 3);
      }),
    );
  });

  test('the power of nothing is 0', () => {
    expect(meanPower(new Float32Array(0))).toBe(0);
    expect(meanPower(tone(1000, 1600))).toBeCloseTo(0.125, 5);
  });
});

describe('clipping', () => {
  test('0 dB changes nothing; else the peak is that far down and no sample moves but the loud ones', () => {
    fc.assert(
      fc.property(sounds, fc.double({ min: 0.1, max: 20, noNaN: true }), (samples, db) => {
        expect(clip(samples, 0)).toEqual(samples);
        const peak = Math.max(...samples.map(Math.abs));
        const clipped = clip(samples, db);
        const most = Math.max(...clipped.map(Math.abs));
        expect(inDb((most / peak) ** 2)).toBeCloseTo(-db, 3);
        expect(clipped.every((x, i) => x === samples[i] || Math.abs(x) >= most * 0.9999)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('noise', () => {
  test('has the promised ratio to the voice', () => {
    fc.assert(
      fc.property(
        sounds,
        fc.integer(),
        someDb,
        fc.constantFrom('white', 'pink', 'babble'),
        (samples, seed, db, colour) => {
          const noise = backgroundNoise(randomStream(seed), samples.length, colour);
          const noisy = addNoise(samples, noise, db);
          expect(inDb(meanPower(samples) / meanPower(difference(noisy, samples)))).toBeCloseTo(db, 1);
        },
      ),
    );
  });

  test('silence stays silent, and silent noise adds nothing', () => {
    const silence = new Float32Array(500);
    expect(addNoise(silence, backgroundNoise(randomStream(1), 500, 'white'), 0)).toEqual(silence);
    expect(addNoise(tone(400, 500), silence, 0)).toEqual(tone(400, 500));
  });

  test('pink falls by 3 dB an octave, white does not, babble has the most power where voices have', () => {
    const spectrum = powerSpectrum(400);
    const shape = (colour: 'white' | 'pink' | 'babble'): number[] => {
      const noise = backgroundNoise(randomStream('shape'), 80_000, colour);
      const power = new Float64Array(201);
      const sum = new Float64Array(201);
      for (let at = 0; at < noise.length; at += 400) {
        spectrum(noise.subarray(at, at + 400), power);
        power.forEach((x, bin) => (sum[bin] = (sum[bin] ?? 0) + x));
      }
      // 200, 400, 800, 1600 and 3200 Hz.
      const levels = [5, 10, 20, 40, 80].map((bin) => inDb(sum[bin] ?? NaN));
      return levels.map((x) => x - (levels[0] ?? NaN));
    };
    shape('white').forEach((db) => expect(Math.abs(db)).toBeLessThan(2));
    shape('pink').forEach((db, octave) => expect(Math.abs(db + 3.01 * octave)).toBeLessThan(2));
    expect(shape('babble').at(-1)).toBeLessThan(-15);
  });
});

describe('codecs', () => {
  test('rounding to n bits is off by half a step at most, and is done once', () => {
    fc.assert(
      fc.property(sounds, fc.integer({ min: 2, max: 16 }), (samples, bits) => {
        const limited = samples.map((x) => Math.min(Math.max(x, -1), 1));
        const coarse = quantise(limited, bits);
        difference(coarse, limited).forEach((x) => expect(Math.abs(x)).toBeLessThanOrEqual(2 ** -bits + 1e-7));
        expect(quantise(coarse, bits)).toEqual(coarse);
      }),
      { numRuns: 20 },
    );
  });

  test('a phone line keeps the length, keeps 1 kHz, and has nothing above 4 kHz', () => {
    for (const length of [4000, 4001]) expect(phoneLine(tone(1000, length))).toHaveLength(length);
    expect(inDb(tonePower(phoneLine(tone(1013, 8000)), 1013) / 0.125)).toBeCloseTo(0, 1);
    const high = phoneLine(tone(5500, 8000));
    expect(inDb(meanPower(high) / 0.125)).toBeLessThan(-35);
  });

  test('mu-law has the same signal-to-noise ratio for loud and soft voices', () => {
    const ratio = (peak: number): number => {
      const clean = tone(1013, 8000, peak);
      const inside = (samples: Float32Array): Float32Array => samples.subarray(100, 7900);
      const noise = difference(inside(phoneLine(clean)), inside(clean));
      return inDb(meanPower(inside(clean)) / meanPower(noise));
    };
    for (const peak of [0.8, 0.3, 0.05]) {
      expect(ratio(peak)).toBeGreaterThan(30);
      expect(ratio(peak)).toBeLessThan(48);
    }
  });
});

test('a cut is a stretch of the clip, or the clip within silence', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (seed, n, length) => {
      const samples = Float32Array.from({ length: n }, (_, i) => i + 1);
      const stretch = cut(samples, randomStream(seed), length);
      expect(stretch).toHaveLength(length);
      const heard = stretch.filter((x) => x !== 0);
      expect(heard).toHaveLength(Math.min(n, length));
      expect(heard.every((x, i) => x === (heard[0] ?? NaN) + i)).toBe(true);
      if (n === length) expect(stretch).toEqual(samples);
    }),
  );
});
