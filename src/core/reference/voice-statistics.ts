/** A voice's level, band and movement in a few plain numbers: what a microphone, a line or another source changes. */
import { MEL_BANDS } from '../features.ts';

/** The first band that begins clear above 4 kHz, where sound of 8 kHz and the fall of its filter end: at 4.3 kHz. */
const HIGH_BAND = 53;
/** Frames whose level is so far below the loudest, dB, are pauses. */
const VOICED_DB = 30;
const DB = 10 / Math.LN10;
/** A spread that is none. */
const LEAST_DB = 0.05;

/** What the numbers of `voiceStatistics` are, in their order. */
export const VOICE_STATISTICS = [
  'level of the sounding frames, dB',
  'tilt of their spectrum, dB a band',
  'power above 4.3 kHz over that below, dB',
  'flatness of their spectrum, dB',
  'spread of the level over time, dB',
  'change of the spectrum from frame to frame, dB',
  'share of frames that sound',
  'loudest frame over the mean of the sounding ones, dB',
  'greatest power above 4.3 kHz over the greatest below, dB',
  'steepest fall of their spectrum over four bands, dB',
  'logarithm of the spread over time of the power above 4.3 kHz, dB',
  'logarithm of the loudest frame over the third quartile of the sounding ones, dB',
] as const;

/**
 * The statistics of some sound.
 * @param frames log-mel, row-major [n, 64], natural logarithm of power, silence around it trimmed; n at least 1.
 * @returns one number for each of `VOICE_STATISTICS`; finite where `frames` is.
 * @example const [levelDb] = voiceStatistics(trimSilence(logMel, 35));
 */
export function voiceStatistics(frames: Float32Array): Float64Array {
  const { low, high, level, flatness } = measureFrames(frames);
  const n = level.length;
  const loudest = greatest(level);
  const voiced = Array.from(level.keys()).filter((i) => (level[i] ?? 0) >= loudest - VOICED_DB);
  const of = (values: Float64Array) => voiced.map((i) => values[i] ?? 0);
  const spectrum = meanSpectrum(frames, voiced);
  const voicedLevel = mean(of(level));
  return Float64Array.of(
    voicedLevel,
    slope(spectrum),
    DB * Math.log(mean(of(high)) / mean(of(low))),
    mean(of(flatness)),
    deviation([...level]),
    mean(voiced.map((i) => (i === 0 ? 0 : change(frames, i)))),
    voiced.length / n,
    loudest - voicedLevel,
    // Where every hiss of a voice is dull its line is narrow; the mean may be low for a voice that has few.
    DB * Math.log(greatest(of(high)) / greatest(of(low))),
    steepestFall(spectrum),
    // Where nothing is there but what a filter left, nothing moves: far below what any voice does.
    Math.log(deviation(of(high).map((power) => DB * Math.log(power))) + LEAST_DB),
    // An overdriven voice stands at the ceiling: a quarter of its frames are as loud as any, which no free voice's are.
    Math.log(loudest - thirdQuartile(of(level)) + LEAST_DB),
  );
}

/** What each frame holds; a number a frame. */
interface Frames {
  /** Power below and above 4.3 kHz. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Power over all bands, dB. */
  readonly level: Float64Array;
  /** How far the mean of the bands' decibels lies below the decibels of their mean: 0 where all bands are alike. */
  readonly flatness: Float64Array;
}

/** One pass over the bands: an exponential a number is most of what the statistics cost. */
function measureFrames(frames: Float32Array): Frames {
  const n = Math.floor(frames.length / MEL_BANDS);
  const empty = () => new Float64Array(n);
  const out = { low: empty(), high: empty(), level: empty(), flatness: empty() };
  for (let frame = 0, at = 0; frame < n; frame++) {
    let [low, high, logs] = [0, 0, 0];
    for (let band = 0; band < MEL_BANDS; band++, at++) {
      const log = frames[at] ?? 0;
      logs += log;
      if (band < HIGH_BAND) low += Math.exp(log);
      else high += Math.exp(log);
    }
    const level = DB * Math.log(low + high);
    out.low[frame] = low;
    out.high[frame] = high;
    out.level[frame] = level;
    out.flatness[frame] = (DB * logs) / MEL_BANDS - (level - DB * Math.log(MEL_BANDS));
  }
  return out;
}

/** Mean over the bands of how far each moved since the frame before, dB. */
function change(frames: Float32Array, frame: number): number {
  let sum = 0;
  for (let k = frame * MEL_BANDS; k < (frame + 1) * MEL_BANDS; k++)
    sum += Math.abs((frames[k] ?? 0) - (frames[k - MEL_BANDS] ?? 0));
  return (DB * sum) / MEL_BANDS;
}

/** A voice's spectrum falls gently, a filter's at once. */
function steepestFall(spectrum: Float64Array): number {
  return spectrum.reduce((most, level, band) => Math.max(most, level - (spectrum[band + 4] ?? level)), 0);
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

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((x) => (x - middle) ** 2)));
}

function thirdQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(0.75 * (values.length - 1))] ?? NaN;
}

function greatest(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}
