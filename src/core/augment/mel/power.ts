/** Level, colour and noise of log-mel frames: what a gain, a filter and a second sound do to their powers. */
import { MEL_BANDS, SAMPLE_RATE_HZ, SILENT_BAND } from '../../features.ts';
import type { Random } from '../../random.ts';
import { whiteNoise } from '../noise.ts';
import { BAND_HZ, BAND_WIDTH_HZ } from './axis.ts';

/** What is added to a band's power before the logarithm. */
const FLOOR = Math.exp(SILENT_BAND);

/**
 * Add noise to each band's power, then multiply it, in place: what the same done to the samples would give, phases aside.
 * @param frames row-major [n, 64], natural logarithms with the floor of `logMel`, overwritten.
 * @param gains 64 factors of power, 0 or more.
 * @param noise [n, 64] powers to add; none where absent.
 * @example changePowers(frames, bandGains({ levelDb: 6, tiltDb: 0 }));
 */
export function changePowers(frames: Float32Array, gains: Float64Array, noise?: Float32Array): void {
  for (let row = 0; row < frames.length; row += MEL_BANDS)
    for (let band = 0; band < MEL_BANDS; band++) {
      const at = row + band;
      const power = Math.max(0, Math.exp(frames[at] ?? 0) - FLOOR) + (noise?.[at] ?? 0);
      frames[at] = Math.log(power * (gains[band] ?? 0) + FLOOR);
    }
}

/** A microphone and a line in the power domain. */
export interface Coloration {
  /** Gain of every band, decibels; 0 changes nothing. */
  readonly levelDb: number;
  /** Gain of the highest band, decibels; the lowest has as much less than 0, those between lie on a line. */
  readonly tiltDb: number;
  /** Edges of the line's band, Hz, 3 dB down and falling as those of `bandLimit`; absent: no edges. */
  readonly line?: { readonly lowHz: number; readonly highHz: number };
}

/**
 * The factor of power of each band.
 * @returns 64 numbers above 0.
 * @example bandGains({ levelDb: 0, tiltDb: -3, line: { lowHz: 300, highHz: 3400 } });
 */
export function bandGains({ levelDb, tiltDb, line }: Coloration): Float64Array {
  return BAND_HZ.map((hz, band) => {
    const db = levelDb + tiltDb * ((2 * band) / (MEL_BANDS - 1) - 1);
    const passed = line === undefined ? 1 : 1 / (1 + ratio(line.lowHz, hz) ** 8) / (1 + ratio(hz, line.highHz) ** 8);
    return passed * Math.pow(10, db / 10);
  });
}

/** Of two frequencies as a digital filter sees them, made from an analogue one by the bilinear transform. */
function ratio(aHz: number, bHz: number): number {
  return Math.tan((Math.PI * aHz) / SAMPLE_RATE_HZ) / Math.tan((Math.PI * bHz) / SAMPLE_RATE_HZ);
}

/** Noise has the same power below this frequency, whatever its slope. */
const SLOPE_FROM_HZ = 100;

/**
 * Powers of a steady noise, fluctuating from cell to cell as short looks at noise do (chi-square of 4 degrees of
 * freedom; neighbouring frames, which share samples in truth, are independent here).
 * `snrDb` is the frames' mean power over the noise's, decibels, as `addNoise` has it of samples; `slopeDb` how much the
 * noise falls with every octave above 100 Hz, decibels: 0 is white, 3 pink.
 * @param frames row-major [n, 64], what the noise is measured against.
 * @returns [n, 64] powers, for `changePowers`; 0 for silent frames.
 * @example changePowers(frames, gains, noisePowers(frames, random, { snrDb: 10, slopeDb: 3 }));
 */
export function noisePowers(
  frames: Float32Array,
  random: Random,
  { snrDb, slopeDb }: { readonly snrDb: number; readonly slopeDb: number },
): Float32Array {
  const decades = slopeDb / (10 * Math.log10(2));
  const shape = BAND_HZ.map((hz) => Math.pow(Math.max(hz, SLOPE_FROM_HZ) / SLOPE_FROM_HZ, -decades));
  let signal = 0;
  let noise = 0;
  for (let row = 0; row < frames.length; row += MEL_BANDS)
    for (let band = 0; band < MEL_BANDS; band++) {
      // Bands are means over Hz, so a wide band stands for more of the sound's power.
      const widthHz = BAND_WIDTH_HZ[band] ?? 0;
      signal += widthHz * Math.max(0, Math.exp(frames[row + band] ?? 0) - FLOOR);
      noise += widthHz * (shape[band] ?? 0);
    }
  const level = frames.length === 0 ? 0 : (signal / noise) * Math.pow(10, -snrDb / 10);
  const normal = whiteNoise(random, new Float32Array(4 * frames.length));
  const out = new Float32Array(frames.length);
  for (let i = 0; i < out.length; i++) {
    let squares = 0;
    for (let j = 4 * i; j < 4 * i + 4; j++) squares += (normal[j] ?? 0) ** 2;
    out[i] = level * (shape[i % MEL_BANDS] ?? 0) * (squares / 4);
  }
  return out;
}
