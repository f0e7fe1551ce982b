/** A voice's level, band and movement in a few plain numbers: what a microphone, a line or another source changes. */
import { MEL_BANDS } from '../features.ts';

/** The band at whose centre, about 4 kHz, sound of 8 kHz ends. */
const HIGH_BAND = 48;
/** Frames whose level is so far below the loudest, dB, are pauses. */
const VOICED_DB = 30;
const DB = 10 / Math.LN10;

/** What the numbers of `voiceStatistics` are, in their order. */
export const VOICE_STATISTICS = [
  'level of the sounding frames, dB',
  'tilt of their spectrum, dB a band',
  'power above 4 kHz over that below, dB',
  'flatness of their spectrum, dB',
  'spread of the level over time, dB',
  'change of the spectrum from frame to frame, dB',
  'share of frames that sound',
] as const;

/**
 * The statistics of some sound.
 * @param frames log-mel, row-major [n, 64], natural logarithm of power, silence around it trimmed; n at least 1.
 * @returns one number for each of `VOICE_STATISTICS`; finite where `frames` is.
 * @example const [levelDb] = voiceStatistics(trimSilence(logMel, 35));
 */
export function voiceStatistics(frames: Float32Array): Float64Array {
  const n = Math.floor(frames.length / MEL_BANDS);
  const levels = Float64Array.from({ length: n }, (_, i) => levelOf(frames, i));
  const floor = levels.reduce((most, level) => Math.max(most, level), -Infinity) - VOICED_DB;
  const voiced = Array.from(levels.keys()).filter((i) => (levels[i] ?? 0) >= floor);
  const spectrum = meanSpectrum(frames, voiced);
  const level = mean(voiced.map((i) => levels[i] ?? 0));
  return Float64Array.of(
    level,
    slope(spectrum),
    highOverLow(frames, voiced),
    mean(voiced.map((i) => flatness(frames, i))),
    Math.sqrt(mean(Array.from(levels, (x) => (x - mean(Array.from(levels))) ** 2))),
    mean(voiced.map((i) => (i === 0 ? 0 : change(frames, i)))),
    voiced.length / n,
  );
}

/** Power of one frame over all bands, dB. */
function levelOf(frames: Float32Array, frame: number): number {
  let power = 0;
  for (let k = frame * MEL_BANDS; k < (frame + 1) * MEL_BANDS; k++) power += Math.exp(frames[k] ?? 0);
  return DB * Math.log(power);
}

/** How far the mean of the bands' decibels lies below the decibels of their mean: 0 where all bands are alike. */
function flatness(frames: Float32Array, frame: number): number {
  let sum = 0;
  for (let k = frame * MEL_BANDS; k < (frame + 1) * MEL_BANDS; k++) sum += frames[k] ?? 0;
  return (DB * sum) / MEL_BANDS - (levelOf(frames, frame) - DB * Math.log(MEL_BANDS));
}

/** Mean over the bands of how far each moved since the frame before, dB. */
function change(frames: Float32Array, frame: number): number {
  let sum = 0;
  for (let k = frame * MEL_BANDS; k < (frame + 1) * MEL_BANDS; k++)
    sum += Math.abs((frames[k] ?? 0) - (frames[k - MEL_BANDS] ?? 0));
  return (DB * sum) / MEL_BANDS;
}

function highOverLow(frames: Float32Array, voiced: readonly number[]): number {
  let [low, high] = [0, 0];
  for (const i of voiced)
    for (let band = 0; band < MEL_BANDS; band++) {
      const power = Math.exp(frames[i * MEL_BANDS + band] ?? 0);
      if (band < HIGH_BAND) low += power;
      else high += power;
    }
  return DB * Math.log(high / low);
}

/** Mean decibels of each band. */
function meanSpectrum(frames: Float32Array, voiced: readonly number[]): Float64Array {
  const out = new Float64Array(MEL_BANDS);
  for (const i of voiced)
    for (let band = 0; band < MEL_BANDS; band++)
      out[band] = (out[band] ?? 0) + (DB * (frames[i * MEL_BANDS + band] ?? 0)) / voiced.length;
  return out;
}

/** Least-squares slope over the bands. */
function slope(spectrum: Float64Array): number {
  const middle = (spectrum.length - 1) / 2;
  let [xy, xx] = [0, 0];
  spectrum.forEach((y, i) => {
    xy += (i - middle) * y;
    xx += (i - middle) ** 2;
  });
  return xy / xx;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
