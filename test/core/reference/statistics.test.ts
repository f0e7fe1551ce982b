import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEL_BANDS } from '../../../src/core/features.ts';
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
