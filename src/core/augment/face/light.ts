/** The light a face is seen in, and what a camera's exposure makes of it. */
import { CROP_SIZE } from '../../faces/align.ts';

/** One light; the identity is `{ gamma: 1, gain: 1, offset: 0, gradientX: 0, gradientY: 0 }`. */
export interface Light {
  /** Exponent of the grey value; above 1 the middle becomes darker. */
  readonly gamma: number;
  /** Contrast about middle grey (0.5). */
  readonly gain: number;
  /** Added to the grey value. */
  readonly offset: number;
  /** Added at the right edge (lower edge) and taken away at the left (upper), in between linear; light from one side. */
  readonly gradientX: number;
  readonly gradientY: number;
}

const STEPS = 256;
const curve = new Float32Array(STEPS + 2);

/**
 * Light in place: gamma, then contrast, offset and gradient, clamped to [0, 1].
 * @param pixels [48, 48] grey in [0, 1], row-major, overwritten.
 * @example lightFace(pixels, { gamma: 1.2, gain: 0.9, offset: 0.05, gradientX: 0.1, gradientY: 0 });
 */
export function lightFace(pixels: Float32Array, { gamma, gain, offset, gradientX, gradientY }: Light): void {
  // A table with linear interpolation: a power a pixel would cost more than all the rest together.
  const bent = gamma !== 1;
  if (bent) for (let i = 0; i < curve.length; i++) curve[i] = Math.pow(i / STEPS, gamma);
  const half = (CROP_SIZE - 1) / 2;
  for (let y = 0, at = 0; y < CROP_SIZE; y++) {
    const row = offset + 0.5 - 0.5 * gain + (gradientY * (y - half)) / half;
    for (let x = 0; x < CROP_SIZE; x++, at++) {
      let grey = pixels[at] ?? 0;
      if (bent) {
        const place = Math.min(Math.max(grey, 0), 1) * STEPS;
        const i = place | 0;
        const low = curve[i] ?? 0;
        grey = low + (place - i) * ((curve[i + 1] ?? 0) - low);
      }
      const lit = grey * gain + row + (gradientX * (x - half)) / half;
      pixels[at] = Math.min(Math.max(lit, 0), 1);
    }
  }
}
