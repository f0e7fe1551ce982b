/** Silence around a voice: what a room and a microphone say when nobody speaks is not an expression. */
import { MEL_BANDS } from './features.ts';

/** Frames that stay before the first and after the last sound: 100 ms, so that no onset is cut. */
const MARGIN_FRAMES = 10;

/**
 * The stretch from the first to the last sound of some log-mel, with 100 ms on either side. Silence within stays.
 * @param frames log-mel, row-major [n, 64], natural logarithm of power.
 * @param trimDb frames whose loudest band is this far below the loudest of all are silence, dB; 0 trims nothing.
 * @returns a part of `frames`, at least one frame where there was one; its memory is shared.
 * @example const voice = trimSilence(logMel, 35);
 */
export function trimSilence(frames: Float32Array, trimDb: number): Float32Array {
  const n = Math.floor(frames.length / MEL_BANDS);
  if (trimDb <= 0 || n === 0) return frames;
  const loudness = Array.from({ length: n }, (_, i) => loudest(frames, i));
  const floor = Math.max(...loudness) - (trimDb * Math.LN10) / 10;
  const first = loudness.findIndex((level) => level >= floor);
  const last = loudness.findLastIndex((level) => level >= floor);
  const from = Math.max(0, first - MARGIN_FRAMES);
  const to = Math.min(n, last + 1 + MARGIN_FRAMES);
  return frames.subarray(from * MEL_BANDS, to * MEL_BANDS);
}

function loudest(frames: Float32Array, frame: number): number {
  let most = -Infinity;
  for (let k = frame * MEL_BANDS; k < (frame + 1) * MEL_BANDS; k++) most = Math.max(most, frames[k] ?? -Infinity);
  return most;
}
