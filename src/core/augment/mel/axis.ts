/** The 64 mel bands of a log-mel frame as places in Hz, and voices of other vocal tracts along them. */
import { MEL_BANDS, MEL_RANGE_HZ, SAMPLE_RATE_HZ } from '../../features.ts';
import { hzToMel, melToHz } from '../../mel.ts';

const LOW_MEL = hzToMel(MEL_RANGE_HZ.low);
const STEP_MEL = (hzToMel(MEL_RANGE_HZ.high) - LOW_MEL) / (MEL_BANDS + 1);

/** Centre of each mel band, Hz, rising. */
export const BAND_HZ: Float64Array = Float64Array.from({ length: MEL_BANDS }, (_, band) =>
  melToHz(LOW_MEL + (band + 1) * STEP_MEL),
);

/** Half of each triangle's base, Hz: how much of the spectrum a band stands for. */
export const BAND_WIDTH_HZ: Float64Array = Float64Array.from(
  { length: MEL_BANDS },
  (_, band) => (melToHz(LOW_MEL + (band + 2) * STEP_MEL) - melToHz(LOW_MEL + band * STEP_MEL)) / 2,
);

/** Above it formants tell little, and the warp makes up for what it did below. */
const FORMANTS_END_HZ = 4800;

/**
 * Stretch the frequency axis as a shorter or longer vocal tract does, by linear interpolation between bands.
 * Source: Jaitly and Hinton, Vocal Tract Length Perturbation (2013), section 3.
 * @param frames row-major [n, 64], natural logarithms.
 * @param factor what formants are multiplied with, 0.8 .. 1.2; 1 changes nothing.
 * @returns a new array [n, 64]; beyond the outer bands their values repeat.
 * @example const smallerSpeaker = warpTract(frames, 1.1);
 */
export function warpTract(frames: Float32Array, factor: number): Float32Array {
  if (factor === 1) return frames.slice();
  const bands = Uint8Array.from({ length: MEL_BANDS });
  const shares = new Float64Array(MEL_BANDS);
  BAND_HZ.forEach((hz, band) => {
    const mel = hzToMel(heardAt(hz, factor));
    const place = Math.min(Math.max((mel - LOW_MEL) / STEP_MEL - 1, 0), MEL_BANDS - 1);
    bands[band] = Math.min(Math.floor(place), MEL_BANDS - 2);
    shares[band] = place - (bands[band] ?? 0);
  });
  const out = new Float32Array(frames.length);
  for (let row = 0; row < frames.length; row += MEL_BANDS)
    for (let band = 0; band < MEL_BANDS; band++) {
      const from = row + (bands[band] ?? 0);
      const share = shares[band] ?? 0;
      out[row + band] = (frames[from] ?? 0) * (1 - share) + (frames[from + 1] ?? 0) * share;
    }
  return out;
}

/** Where the original voice has what the warped one has at `hz`. */
function heardAt(hz: number, factor: number): number {
  const nyquistHz = SAMPLE_RATE_HZ / 2;
  const kneeHz = FORMANTS_END_HZ * Math.min(factor, 1);
  if (hz <= kneeHz) return hz / factor;
  return nyquistHz - ((nyquistHz - kneeHz / factor) / (nyquistHz - kneeHz)) * (nyquistHz - hz);
}
