/**
 * Chunks of sound laid end to end on the capture clock. Arrival jitter and small drift between sample clock and capture
 * clock are absorbed; a real gap starts a new run, so that no frame of features spans it.
 */
import type { PcmChunk } from '../domain.ts';
import { SAMPLE_RATE_HZ } from './features.ts';

/** Deviation between capture time and samples counted that is taken as jitter, ms. */
const TOLERANCE_MS = 40;
/** Capture time running back further than this is a clock that jumped, not an overlap, ms. */
const MAX_OVERLAP_MS = 1000;

/** When the next sample is expected; null before the first. */
export type SoundLine = number | null;

/** Sound in its place. `fresh`: it does not continue what came before. */
export interface PlacedSound {
  readonly startMs: number;
  readonly samples: Float32Array;
  readonly fresh: boolean;
}

/**
 * Place one chunk. Sound that was already heard is cut off; a chunk that brings nothing new gives null.
 * @example const [next, placed] = place(null, chunk);
 */
export function place(
  expectedMs: SoundLine,
  { samples, captureMs }: PcmChunk,
): readonly [SoundLine, PlacedSound | null] {
  const lateMs = expectedMs === null ? Infinity : captureMs - expectedMs;
  if (expectedMs === null || lateMs > TOLERANCE_MS || lateMs < -MAX_OVERLAP_MS)
    return placed({ startMs: captureMs, samples, fresh: true });
  if (lateMs >= -TOLERANCE_MS) return placed({ startMs: expectedMs, samples, fresh: false });
  const heard = Math.round((-lateMs * SAMPLE_RATE_HZ) / 1000);
  if (heard >= samples.length) return [expectedMs, null];
  return placed({ startMs: expectedMs, samples: samples.subarray(heard), fresh: false });
}

function placed(sound: PlacedSound): readonly [SoundLine, PlacedSound] {
  return [sound.startMs + (sound.samples.length * 1000) / SAMPLE_RATE_HZ, sound];
}
