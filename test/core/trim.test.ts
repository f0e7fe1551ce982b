import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MEL_BANDS, SILENT_BAND } from '../../src/core/features.ts';
import { trimSilence } from '../../src/core/trim.ts';

/** Frames of one level each. */
const leveled = (...levels: number[]): Float32Array =>
  Float32Array.from(levels.flatMap((level) => Array<number>(MEL_BANDS).fill(level)));
const silence = (n: number): number[] => Array<number>(n).fill(SILENT_BAND);
const speech = (n: number): number[] => Array<number>(n).fill(-2);

test('silence on both sides goes, but for 100 ms', () => {
  const trimmed = trimSilence(leveled(...silence(50), ...speech(20), ...silence(40)), 35);
  expect(trimmed).toEqual(leveled(...silence(10), ...speech(20), ...silence(10)));
});

test('silence within speech stays', () => {
  const frames = leveled(...speech(5), ...silence(60), ...speech(5));
  expect(trimSilence(frames, 35)).toEqual(frames);
});

test('0 dB trims nothing, and nothing can be trimmed of nothing', () => {
  const frames = leveled(...silence(50), ...speech(1));
  expect(trimSilence(frames, 0)).toEqual(frames);
  expect(trimSilence(new Float32Array(0), 35)).toHaveLength(0);
});

test('a room whose noise is less than the bound below the voice is not silence', () => {
  const noisy = leveled(...Array<number>(50).fill(-2 - 7), ...speech(5));
  expect(trimSilence(noisy, 35)).toEqual(noisy);
  expect(trimSilence(noisy, 25)).toHaveLength(15 * MEL_BANDS);
});

test('what is left holds the loudest frame, is a part of what was, and trims to itself', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -14, max: 2, noNaN: true }), { minLength: 1, maxLength: 80 }), (levels) => {
      const frames = leveled(...levels);
      const once = trimSilence(frames, 20);
      expect(Math.max(...once)).toBe(Math.max(...frames));
      expect(once.length % MEL_BANDS).toBe(0);
      expect(trimSilence(once, 20)).toEqual(once);
    }),
  );
});

test('the level of the whole does not matter', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -10, max: 0 }), { minLength: 1, maxLength: 60 }), (levels) => {
      const quieter = levels.map((level) => level - 3);
      expect(trimSilence(leveled(...quieter), 20)).toHaveLength(trimSilence(leveled(...levels), 20).length);
    }),
  );
});
