import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAND_HZ, BAND_WIDTH_HZ, warpTract } from '../../../src/core/augment/mel/axis.ts';
import { maskFrames } from '../../../src/core/augment/mel/masks.ts';
import { bandGains, changePowers, noisePowers } from '../../../src/core/augment/mel/power.ts';
import { cutFrames, stretchFrames } from '../../../src/core/augment/mel/time.ts';
import { bandLimit } from '../../../src/core/augment/voice/biquad.ts';
import { gain } from '../../../src/core/augment/voice/level.ts';
import { addNoise, backgroundNoise } from '../../../src/core/augment/voice/noise.ts';
import { MEL_BANDS, SILENT_BAND } from '../../../src/core/features.ts';
import { randomStream } from '../../../src/core/random.ts';
import { bandPowers, clips, hiss, loudestBand, melOf } from './frames.ts';
import { inDb, tone } from './sounds.ts';

const flat = { levelDb: 0, tiltDb: 0 };
const worst = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN))), 0);
const changed = (frames: Float32Array, gains: Float64Array, noise?: Float32Array): Float32Array => {
  const out = frames.slice();
  changePowers(out, gains, noise);
  return out;
};

describe('the mel axis', () => {
  test('a tone is loudest in the band whose centre is its frequency', () => {
    for (const band of [6, 20, 33, 50, 60]) expect(loudestBand(melOf(tone(BAND_HZ[band] ?? NaN, 8000)))).toBe(band);
  });

  test('bands touch one another', () => {
    const gaps = Array.from({ length: MEL_BANDS - 1 }, (_, b) => (BAND_HZ[b + 1] ?? NaN) - (BAND_HZ[b] ?? NaN));
    gaps.forEach((gap, b) => {
      const around = [BAND_WIDTH_HZ[b] ?? NaN, BAND_WIDTH_HZ[b + 1] ?? NaN];
      expect(gap).toBeGreaterThanOrEqual(Math.min(...around) * 0.999);
      expect(gap).toBeLessThanOrEqual(Math.max(...around) * 1.001);
    });
  });
});

describe('another vocal tract', () => {
  test('factor 1 changes nothing, frames of one value stay, no value is new', () => {
    fc.assert(
      fc.property(clips, fc.double({ min: 0.8, max: 1.2, noNaN: true }), (frames, factor) => {
        expect(warpTract(frames, 1)).toEqual(frames);
        const warped = warpTract(frames, factor);
        expect(warped).toHaveLength(frames.length);
        expect(Math.max(...warped)).toBeLessThanOrEqual(Math.max(...frames));
        expect(Math.min(...warped)).toBeGreaterThanOrEqual(Math.min(...frames));
      }),
      { numRuns: 20 },
    );
  });

  test('a formant moves by the factor', () => {
    for (const factor of [0.9, 1.1])
      for (const hz of [500, 1500, 3000]) {
        const moved = loudestBand(warpTract(melOf(tone(hz, 4000)), factor));
        expect(Math.abs(moved - loudestBand(melOf(tone(hz * factor, 4000))))).toBeLessThanOrEqual(1);
      }
  });
});

describe('level and colour', () => {
  test('0 dB changes nothing but rounding, and a gain is what the same gain of the samples gives', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: -30, max: 20, noNaN: true }), (seed, db) => {
        const samples = hiss(seed, 2000);
        expect(worst(changed(melOf(samples), bandGains(flat)), melOf(samples))).toBeLessThan(1e-5);
        const louder = changed(melOf(samples), bandGains({ ...flat, levelDb: db }));
        expect(worst(louder, melOf(gain(samples, db)))).toBeLessThan(1e-3);
      }),
      { numRuns: 20 },
    );
  });

  test('silence stays silence', () => {
    const silence = new Float32Array(2 * MEL_BANDS).fill(SILENT_BAND);
    expect(worst(changed(silence, bandGains({ levelDb: 20, tiltDb: 6 })), silence)).toBeLessThan(1e-5);
    expect(noisePowers(silence, randomStream(1), { snrDb: 0, slopeDb: 3 })).toEqual(new Float32Array(2 * MEL_BANDS));
  });

  test('a tilt is a line from one end to the other', () => {
    const gains = bandGains({ ...flat, tiltDb: 6 });
    expect([0, 21, 63].map((band) => inDb(gains[band] ?? NaN))).toEqual(
      [-6, -2, 6].map((db) => expect.closeTo(db, 9) as number),
    );
  });

  test('a line leaves the bands that the filters of samples leave', () => {
    const samples = hiss('line', 64_000);
    const line = { lowHz: 300, highHz: 3400 };
    const fromMel = bandPowers(changed(melOf(samples), bandGains({ ...flat, line })));
    const fromSamples = bandPowers(melOf(bandLimit(samples, line.lowHz, line.highHz)));
    BAND_HZ.forEach((hz, band) => {
      // Below, and far above, a short window's leakage is louder than what is left.
      if (hz > 270 && hz < 5000)
        expect(Math.abs(inDb((fromMel[band] ?? NaN) / (fromSamples[band] ?? NaN)))).toBeLessThan(0.75);
    });
    expect(inDb((fromMel[60] ?? NaN) / (fromMel[30] ?? NaN))).toBeLessThan(-20);
  });
});

describe('noise', () => {
  test('is what noise added to the samples at the same ratio gives', () => {
    const voice = tone(500, 48_000);
    const snrDb = 10;
    const fromSamples = bandPowers(
      melOf(addNoise(voice, backgroundNoise(randomStream(1), voice.length, 'white'), snrDb)),
    );
    const frames = melOf(voice);
    const noise = noisePowers(frames, randomStream(2), { snrDb, slopeDb: 0 });
    const fromMel = bandPowers(changed(frames, bandGains(flat), noise));
    // The mel bands leave out the top 400 Hz of 8000, which the samples' noise has; and 300 frames fluctuate.
    const offDb = Array.from(fromMel, (power, band) => inDb(power / (fromSamples[band] ?? NaN)));
    offDb.forEach((db) => expect(Math.abs(db)).toBeLessThan(2));
    expect(Math.abs(offDb.reduce((sum, db) => sum + db, 0) / MEL_BANDS)).toBeLessThan(0.6);
  });

  test('falls by its slope with every octave', () => {
    const frames = melOf(hiss('slope', 64_000));
    const powers = noisePowers(frames, randomStream(3), { snrDb: 0, slopeDb: 6 }).map((x) => Math.log(x));
    const mean = bandPowers(powers);
    const fall = inDb((mean[20] ?? NaN) / (mean[50] ?? NaN));
    const octaves = Math.log2((BAND_HZ[50] ?? NaN) / (BAND_HZ[20] ?? NaN));
    expect(Math.abs(fall - 6 * octaves)).toBeLessThan(1);
  });
});

describe('time', () => {
  test('another speed divides the number of frames; 1 changes nothing', () => {
    fc.assert(
      fc.property(clips, fc.double({ min: 0.8, max: 1.2, noNaN: true }), (frames, speed) => {
        expect(stretchFrames(frames, 1)).toEqual(frames);
        expect(stretchFrames(frames, speed)).toHaveLength(Math.round(frames.length / MEL_BANDS / speed) * MEL_BANDS);
      }),
      { numRuns: 20 },
    );
  });

  test('frame i is what the clip has at i times the speed', () => {
    const ramp = Float32Array.from({ length: 50 * MEL_BANDS }, (_, i) => Math.floor(i / MEL_BANDS));
    stretchFrames(ramp, 1.1).forEach((x, i) => {
      expect(x).toBeCloseTo(Math.min(1.1 * Math.floor(i / MEL_BANDS), 49), 4);
    });
  });

  test('a cut is a stretch of the clip, or the clip within silence', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (seed, n, length) => {
        const ramp = Float32Array.from({ length: n * MEL_BANDS }, (_, i) => 1 + i);
        const window = cutFrames(ramp, randomStream(seed), length);
        expect(window).toHaveLength(length * MEL_BANDS);
        const heard = window.filter((x) => x > 0);
        expect(heard).toHaveLength(Math.min(n, length) * MEL_BANDS);
        expect(heard.every((x, i) => x === (heard[0] ?? NaN) + i)).toBe(true);
        expect(((heard[0] ?? NaN) - 1) % MEL_BANDS).toBe(0);
        expect(window.filter((x) => x <= 0).every((x) => x === Math.fround(SILENT_BAND))).toBe(true);
        if (n === length) expect(window).toEqual(ramp);
      }),
    );
  });
});

describe('masks', () => {
  const none = { timeMasks: 0, timeMaskFrames: 30, bandMasks: 0, bandMaskWidth: 8 };
  const masked = (frames: Float32Array, seed: number, masks: Partial<typeof none>): Float32Array => {
    const out = frames.slice();
    maskFrames(out, randomStream(seed), { ...none, ...masks });
    return out;
  };
  /** Which rows and which columns differ. */
  const hidden = (a: Float32Array, b: Float32Array): { rows: Set<number>; bands: Set<number> } => {
    const cells = Array.from(a.keys()).filter((i) => a[i] !== b[i]);
    return {
      rows: new Set(cells.map((i) => Math.floor(i / MEL_BANDS))),
      bands: new Set(cells.map((i) => i % MEL_BANDS)),
    };
  };

  test('none hide nothing', () => {
    fc.assert(
      fc.property(clips, fc.integer(), (frames, seed) => {
        expect(masked(frames, seed, {})).toEqual(frames);
        expect(masked(frames, seed, { timeMasks: 3, timeMaskFrames: 0, bandMasks: 3, bandMaskWidth: 0 })).toEqual(
          frames,
        );
      }),
      { numRuns: 20 },
    );
  });

  test('one hides one stretch, no longer than it may be, behind the mean', () => {
    const frames = melOf(hiss('mask', 16_000));
    const n = frames.length / MEL_BANDS;
    const mean = Math.fround(frames.reduce((sum, x) => sum + x, 0) / frames.length);
    for (let seed = 0; seed < 30; seed++) {
      const inTime = hidden(frames, masked(frames, seed, { timeMasks: 1 }));
      expect(inTime.rows.size).toBeLessThanOrEqual(30);
      if (inTime.rows.size > 0) {
        expect(Math.max(...inTime.rows) - Math.min(...inTime.rows) + 1).toBe(inTime.rows.size);
        expect(inTime.bands.size).toBe(MEL_BANDS);
      }
      const inBands = hidden(frames, masked(frames, seed, { bandMasks: 1 }));
      expect(inBands.bands.size).toBeLessThanOrEqual(8);
      if (inBands.bands.size > 0) expect(inBands.rows.size).toBe(n);
    }
    const values = masked(frames, 4, { timeMasks: 1 }).filter((x, i) => x !== frames[i]);
    expect(values.every((x) => Math.abs(x - mean) < 1e-4)).toBe(true);
  });
});
