/**
 * Log-mel features of the voice, computed once per 10 ms of sound, as the starter networks expect them: 400 samples
 * every 160 at 16 kHz, symmetric Hann window, power, 64 Slaney mel bands from 20 to 7600 Hz, natural logarithm.
 */
import { powerSpectrum } from './dft.ts';
import { slaneyBands } from './mel.ts';

/** Rate of all sound in the product, Hz. */
export const SAMPLE_RATE_HZ = 16_000;
/** Samples a log-mel frame looks at. */
export const FRAME_SAMPLES = 400;
/** Samples between two frame starts: 10 ms. */
export const HOP_SAMPLES = 160;
/** Time between two log-mel frames, ms. */
export const HOP_MS = 10;
/** Numbers in a log-mel frame. */
export const MEL_BANDS = 64;
/** Where the lowest mel band begins and the highest ends, Hz. */
export const MEL_RANGE_HZ = { low: 20, high: 7600 } as const;
/** Added to each band before the logarithm. */
const FLOOR = 1e-6;
/** What a frame of digital silence holds in every band. */
export const SILENT_BAND = Math.log(FLOOR);

/** The samples that a later frame still needs; fewer than `FRAME_SAMPLES`. */
export type LogMelTail = Float32Array;

/**
 * Frames that `samples` complete, given the tail of what came before. The result does not depend on how the sound was
 * cut into chunks.
 * @param tail empty at the start and after a gap.
 * @param samples 16 kHz mono in [-1, 1], any number.
 * @returns `frames`: row-major [n, 64]; the first starts at the tail's first sample.
 * @example const { frames, tail } = logMel(new Float32Array(0), samples);
 */
export function logMel(tail: LogMelTail, samples: Float32Array): { frames: Float32Array; tail: LogMelTail } {
  const all = new Float32Array(tail.length + samples.length);
  all.set(tail);
  all.set(samples, tail.length);
  const n = Math.max(0, Math.floor((all.length - FRAME_SAMPLES) / HOP_SAMPLES) + 1);
  const frames = new Float32Array(n * MEL_BANDS);
  for (let i = 0; i < n; i++) {
    const start = i * HOP_SAMPLES;
    logMelFrame(all.subarray(start, start + FRAME_SAMPLES), frames.subarray(i * MEL_BANDS, (i + 1) * MEL_BANDS));
  }
  return { frames, tail: all.slice(n * HOP_SAMPLES) };
}

const melBands = slaneyBands({
  bands: MEL_BANDS,
  lowHz: MEL_RANGE_HZ.low,
  highHz: MEL_RANGE_HZ.high,
  binHz: SAMPLE_RATE_HZ / FRAME_SAMPLES,
});

const hann = Float64Array.from(
  { length: FRAME_SAMPLES },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (FRAME_SAMPLES - 1)),
);
const spectrum = powerSpectrum(FRAME_SAMPLES);
const windowed = new Float32Array(FRAME_SAMPLES);
const power = new Float64Array(FRAME_SAMPLES / 2 + 1);

function logMelFrame(samples: Float32Array, out: Float32Array): void {
  for (let i = 0; i < FRAME_SAMPLES; i++) windowed[i] = (samples[i] ?? 0) * (hann[i] ?? 0);
  spectrum(windowed, power);
  melBands.forEach(({ first, weights }, band) => {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * (power[first + i] ?? 0);
    out[band] = Math.log(sum + FLOOR);
  });
}
