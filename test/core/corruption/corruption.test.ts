import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanPower } from '../../../src/core/augment/voice/level.ts';
import { FACE_CORRUPTIONS, type FaceCorruption } from '../../../src/core/corruption/face.ts';
import { VOICE_CORRUPTIONS, type VoiceCorruption } from '../../../src/core/corruption/voice.ts';
import { randomStream } from '../../../src/core/random.ts';

const sound = Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin(i * 0.05) * Math.sin(i / 700));
const crop = Float32Array.from({ length: 48 * 48 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 5) * Math.cos(i / 331));

describe.each(Object.keys(VOICE_CORRUPTIONS) as VoiceCorruption[])('a voice that is %s', (name) => {
  const { spoil } = VOICE_CORRUPTIONS[name];

  it('is as long, within [-1, 1], the same for the same seed, and another sound', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 400, max: 16_000 }), (seed, length) => {
        const given = sound.slice(0, length);
        const spoilt = spoil(given, randomStream(seed));
        expect(spoilt).toHaveLength(length);
        expect(spoilt.every((x) => Math.abs(x) <= 1)).toBe(true);
        expect(spoil(given, randomStream(seed))).toEqual(spoilt);
        expect(given).toEqual(sound.slice(0, length));
        expect(spoilt).not.toEqual(given);
      }),
      { numRuns: 5 },
    );
  });
});

it('music and noise are as loud as the voice that they stand for', () => {
  for (const name of ['music', 'white-noise'] as const) {
    const spoilt = VOICE_CORRUPTIONS[name].spoil(sound, randomStream(3));
    expect(meanPower(spoilt) / meanPower(sound)).toBeCloseTo(1, 1);
  }
});

describe.each(Object.keys(FACE_CORRUPTIONS) as FaceCorruption[])('a face that is %s', (name) => {
  const { spoil } = FACE_CORRUPTIONS[name];

  it('is a crop of greys from 0 to 1, the same for the same seed, and another picture', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const given = crop.slice();
        const spoilt = spoil(given, randomStream(seed));
        expect(spoilt).toHaveLength(48 * 48);
        expect(spoilt.every((grey) => grey >= 0 && grey <= 1)).toBe(true);
        expect(spoil(given, randomStream(seed))).toEqual(spoilt);
        expect(given).toEqual(crop);
        expect(spoilt).not.toEqual(crop);
      }),
      { numRuns: 5 },
    );
  });
});

it('a covered mouth leaves everything above the nose as it was', () => {
  const covered = FACE_CORRUPTIONS['covered-mouth'].spoil(crop, randomStream(1));
  expect(covered.subarray(0, 29 * 48)).toEqual(crop.subarray(0, 29 * 48));
});
