/** The mel filter bank in Slaney's form, as librosa and torchaudio (`norm="slaney"`, `mel_scale="slaney"`) have it. */

/** One triangular band: its weights over consecutive spectrum bins from `first`. */
export interface MelBand {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Shape of the filter bank. */
export interface MelOptions {
  readonly bands: number;
  /** Where the lowest triangle begins, Hz. */
  readonly lowHz: number;
  /** Where the highest triangle ends, Hz. */
  readonly highHz: number;
  /** Distance between two spectrum bins, Hz: sample rate over transform length. */
  readonly binHz: number;
}

/** Triangles equally spaced on the mel scale (linear to 1 kHz, logarithmic above), each of unit area in Hz. */
export function slaneyBands({ bands, lowHz, highHz, binHz }: MelOptions): readonly MelBand[] {
  const low = hzToMel(lowHz);
  const step = (hzToMel(highHz) - low) / (bands + 1);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHz(low + i * step));
  return Array.from({ length: bands }, (_, band) => {
    const [left = 0, centre = 0, right = 0] = edges.slice(band, band + 3);
    const first = Math.ceil(left / binHz);
    const last = Math.floor(right / binHz);
    const height = 2 / (right - left);
    const weights = Float64Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      const hz = (first + i) * binHz;
      return height * Math.max(0, Math.min((hz - left) / (centre - left), (right - hz) / (right - centre)));
    });
    return { first, weights };
  });
}

const LINEAR_HZ_PER_MEL = 200 / 3;
const BREAK_HZ = 1000;
const BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP = Math.log(6.4) / 27;

/**
 * Place of a frequency on Slaney's mel scale.
 * @param hz 0 or more.
 * @returns 15 at 1000 Hz; linear below, logarithmic above.
 */
export function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / LINEAR_HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

/** Frequency in Hz of a place on Slaney's mel scale, the inverse of `hzToMel`. */
export function melToHz(mel: number): number {
  return mel < BREAK_MEL ? mel * LINEAR_HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}
