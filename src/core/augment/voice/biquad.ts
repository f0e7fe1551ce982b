/** Second-order filters at 16 kHz (Bristow-Johnson, Audio EQ Cookbook), and the band of a telephone made of them. */
import { SAMPLE_RATE_HZ } from '../../features.ts';

/** y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/**
 * Keep what is below `hz`.
 * @param hz where a Butterworth filter (q = 0.7071) is 3 dB down; above 0, below 8000.
 * @param q quality, above 0.
 * @example const dull = filter(samples, [lowPass(3400, Math.SQRT1_2)]);
 */
export function lowPass(hz: number, q: number): Biquad {
  const { cos, a0, a1, a2 } = poles(hz, q);
  const b = (1 - cos) / a0;
  return { b0: b / 2, b1: b, b2: b / 2, a1, a2 };
}

/**
 * Keep what is above `hz`.
 * @param hz as in `lowPass`.
 * @param q quality, above 0.
 * @example const thin = filter(samples, [highPass(300, Math.SQRT1_2)]);
 */
export function highPass(hz: number, q: number): Biquad {
  const { cos, a0, a1, a2 } = poles(hz, q);
  const b = (1 + cos) / a0;
  return { b0: b / 2, b1: -b, b2: b / 2, a1, a2 };
}

/**
 * Run filters one after the other, from silence.
 * @param samples 16 kHz mono, any length.
 * @returns a new array of the same length; no filters change nothing.
 */
export function filter(samples: Float32Array, biquads: readonly Biquad[]): Float32Array {
  const out = samples.slice();
  for (const { b0, b1, b2, a1, a2 } of biquads) {
    // Transposed direct form II: two numbers of state.
    let s1 = 0;
    let s2 = 0;
    for (let i = 0; i < out.length; i++) {
      const x = out[i] ?? 0;
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      out[i] = y;
    }
  }
  return out;
}

/** Qualities of the two halves of a fourth-order Butterworth filter. */
const BUTTERWORTH_4 = [0.541196, 1.306563] as const;

/**
 * What a narrow line leaves: Butterworth filters of fourth order at both ends.
 * @param samples 16 kHz mono, any length.
 * @param lowHz lower edge, 3 dB down. Default 300, a telephone's.
 * @param highHz upper edge, 3 dB down. Default 3400, a telephone's.
 * @returns a new array of the same length.
 * @example const byPhone = bandLimit(samples);
 */
export function bandLimit(samples: Float32Array, lowHz = 300, highHz = 3400): Float32Array {
  return filter(samples, [
    ...BUTTERWORTH_4.map((q) => highPass(lowHz, q)),
    ...BUTTERWORTH_4.map((q) => lowPass(highHz, q)),
  ]);
}

function poles(hz: number, q: number): { cos: number; a0: number; a1: number; a2: number } {
  const w = (2 * Math.PI * hz) / SAMPLE_RATE_HZ;
  const cos = Math.cos(w);
  const alpha = Math.sin(w) / (2 * q);
  return { cos, a0: 1 + alpha, a1: (-2 * cos) / (1 + alpha), a2: (1 - alpha) / (1 + alpha) };
}
