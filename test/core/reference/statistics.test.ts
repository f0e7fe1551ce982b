import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VOICE_CORRUPTIONS } from '../../../src/core/corruption/voice.ts';
import { logMel, MEL_BANDS, SAMPLE_RATE_HZ } from '../../../src/core/features.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { FACE_STATISTICS, faceStatistics } from '../../../src/core/reference/face-statistics.ts';
import { VOICE_STATISTICS, voiceStatistics } from '../../../src/core/reference/voice-statistics.ts';

const sound = (seed: number, frames = 40): Float32Array => {
  const random = randomStream(seed, 'sound');
  return Float32Array.from({ length: frames * MEL_BANDS }, () => -4 + gaussian(random));
};
const picture = (seed: number): Float32Array => {
  const random = randomStream(seed, 'picture');
  return Float32Array.from({ length: 48 * 48 }, () => 0.2 + 0.5 * random());
};
const near = (given: Float64Array, expected: readonly number[]) => {
  expected.forEach((x, i) => expect(given[i]).toBeCloseTo(x, 3));
};

describe('the statistics of a voice', () => {
  it('differ by the level alone when the sound is louder throughout', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: -3, max: 3, noNaN: true }), (seed, louder) => {
        const [level = NaN, ...others] = voiceStatistics(sound(seed));
        const raised = voiceStatistics(sound(seed).map((x) => x + louder));
        near(raised, [level + (10 / Math.LN10) * louder, ...others]);
        expect(raised).toHaveLength(VOICE_STATISTICS.length);
      }),
      { numRuns: 20 },
    );
  });

  it('tell a spectrum that is cut off at 4 kHz', () => {
    const cut = sound(1).map((x, i) => (i % MEL_BANDS < 48 ? x : -13.8));
    expect(voiceStatistics(cut)[2]).toBeLessThan((voiceStatistics(sound(1))[2] ?? 0) - 20);
  });

  it('tell a voice that stands at the ceiling, at whatever level', () => {
    // Syllables: a tone with overtones that swells and fades.
    const syllables = Float32Array.from({ length: 32_000 }, (_, i) => {
      const [t, swell] = [i / SAMPLE_RATE_HZ, Math.sin((Math.PI * i) / 4000) ** 2];
      return 0.3 * swell * [1, 2, 3, 5].reduce((sum, k) => sum + Math.sin(2 * Math.PI * 140 * k * t) / k, 0);
    });
    const ceiling = (samples: Float32Array) => voiceStatistics(logMel(new Float32Array(0), samples).frames)[11] ?? NaN;
    const overdriven = VOICE_CORRUPTIONS.clipped.spoil(syllables);
    expect(VOICE_STATISTICS[11]).toContain('third quartile');
    for (const volume of [1, 0.1])
      expect(ceiling(overdriven.map((x) => volume * x))).toBeLessThan(ceiling(syllables.map((x) => volume * x)) - 1);
  });

  it('are numbers for digital silence and for one frame', () => {
    expect([...voiceStatistics(new Float32Array(MEL_BANDS).fill(Math.log(1e-6)))].every(Number.isFinite)).toBe(true);
    expect([...voiceStatistics(sound(2, 1))].every(Number.isFinite)).toBe(true);
  });
});

describe('the statistics of a face', () => {
  it('differ by the light alone when all of it is lighter, but for how the greys fall into steps', () => {
    const [light = NaN, ...others] = faceStatistics(picture(1));
    near(faceStatistics(picture(1).map((grey) => grey + 0.1)), [light + 0.1, ...others.slice(0, 4)]);
  });

  it('do not depend on which side is which', () => {
    const given = picture(2);
    const mirrored = given.map((_, i) => given[i - (i % 48) + 47 - (i % 48)] ?? NaN);
    near(faceStatistics(mirrored), [...faceStatistics(given)]);
  });

  it('are numbers for a picture of one grey', () => {
    const flat = faceStatistics(new Float32Array(48 * 48).fill(0.5));
    expect(flat).toHaveLength(FACE_STATISTICS.length);
    expect([...flat].every(Number.isFinite)).toBe(true);
  });
});
