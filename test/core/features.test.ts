import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_SAMPLES, HOP_SAMPLES, MEL_BANDS, SILENT_BAND, logMel } from '../../src/core/features.ts';
import { powerSpectrum } from '../../src/core/dft.ts';
import reference from '../fixtures/starter/reference.json' with { type: 'json' };

const none = new Float32Array(0);

/** The signal that the starter networks' makers used: 48240 samples at 16 kHz. */
function referenceSignal(): Float32Array {
  return Float32Array.from({ length: 48_240 }, (_, i) => {
    const t = i / 16_000;
    return (
      0.3 * Math.sin(2 * Math.PI * 220 * t) +
      0.2 * Math.sin(2 * Math.PI * (440 + 60 * t) * t) * (0.5 + 0.5 * Math.sin(2 * Math.PI * 3 * t))
    );
  });
}

describe('power spectrum', () => {
  it('equals the definition of the discrete Fourier transform, for smooth and prime lengths', () => {
    for (const size of [2, 8, 14, 30, 400]) {
      const input = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7) + 0.3 * Math.cos(i * i));
      const output = new Float64Array(size / 2 + 1);
      powerSpectrum(size)(input, output);
      for (let k = 0; k <= size / 2; k++) {
        let re = 0;
        let im = 0;
        input.forEach((x, i) => {
          re += x * Math.cos((2 * Math.PI * k * i) / size);
          im -= x * Math.sin((2 * Math.PI * k * i) / size);
        });
        expect(output[k]).toBeCloseTo(re * re + im * im, 6);
      }
    }
  });
});

describe('log-mel', () => {
  it('does not depend on how the sound was cut into chunks', () => {
    const samples = referenceSignal().subarray(0, 4000);
    const whole = logMel(none, samples).frames;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 12 }), (cuts) => {
        const parts: number[] = [];
        let tail: Float32Array = none;
        let at = 0;
        for (const cut of [...cuts, samples.length]) {
          const step = logMel(tail, samples.subarray(at, at + cut));
          at = Math.min(samples.length, at + cut);
          tail = step.tail;
          parts.push(...step.frames);
        }
        expect(Float32Array.from(parts)).toEqual(whole);
        expect(tail.length).toBeLessThan(FRAME_SAMPLES);
      }),
      { numRuns: 30 },
    );
  });

  it('gives one frame per hop once 25 ms are there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), (length) => {
        const n = length < FRAME_SAMPLES ? 0 : 1 + Math.floor((length - FRAME_SAMPLES) / HOP_SAMPLES);
        expect(logMel(none, new Float32Array(length)).frames.length).toBe(n * MEL_BANDS);
      }),
      { numRuns: 20 },
    );
  });

  it('says the floor for digital silence', () => {
    const { frames } = logMel(none, new Float32Array(FRAME_SAMPLES));
    for (const band of frames) expect(band).toBeCloseTo(SILENT_BAND, 5);
  });

  it("equals the starter networks' reference to 1e-4", () => {
    const { frames } = logMel(none, referenceSignal());
    expect(frames.length / MEL_BANDS).toBe(300);
    const row = (i: number) => [...frames.subarray(i * MEL_BANDS, (i + 1) * MEL_BANDS)];
    const check = (got: number[], want: number[]) => {
      got.forEach((value, band) => {
        expect(Math.abs(value - (want[band] ?? NaN))).toBeLessThan(1e-4);
      });
    };
    check(row(0), reference.voice.logmelFrame0);
    check(row(299), reference.voice.logmelFrame299);
  });
});
