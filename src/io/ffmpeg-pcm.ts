/** Cuts decoded sound into chunks whose times never overlap. */
import type { PcmChunk } from '../domain.ts';

/** Sound at 16 kHz, as everywhere in the pipelines. */
export const SAMPLES_PER_MS = 16;

const CHUNK_SAMPLES = 100 * SAMPLES_PER_MS;

/** Containers round timestamps, some to tens of ms; below this the count of samples is the better clock. */
const TOLERANCE_MS = 60;

/** State of one stream of sound; made by `pcmCutter`. */
export interface PcmCutter {
  /** The chunks that are full now. `ms` is when the first sample was captured, by the container. */
  push(samples: Float32Array, ms: number): readonly PcmChunk[];
  /** What is left at the end of the stream. */
  flush(): readonly PcmChunk[];
}

/**
 * Chunks of 100 ms. Samples that follow one another are timed by counting them; where the container's time runs ahead of
 * the count there is a gap, and the next chunk starts after it; where it falls behind, the overlap is dropped.
 */
export function pcmCutter(): PcmCutter {
  let pending = new Float32Array(CHUNK_SAMPLES);
  let filled = 0;
  let pendingMs = 0;
  let expectedMs: number | null = null;

  const flush = (): readonly PcmChunk[] => {
    if (filled === 0) return [];
    const chunk = { samples: pending.subarray(0, filled), captureMs: pendingMs };
    pendingMs += filled / SAMPLES_PER_MS;
    pending = new Float32Array(CHUNK_SAMPLES);
    filled = 0;
    return [chunk];
  };

  return {
    push: (samples, ms) => {
      const chunks: PcmChunk[] = [];
      const drift = expectedMs === null ? Infinity : ms - expectedMs;
      let rest = samples;
      if (drift > TOLERANCE_MS) {
        chunks.push(...flush());
        pendingMs = ms;
        expectedMs = ms;
      } else if (drift < -TOLERANCE_MS) {
        rest = samples.subarray(Math.round(-drift * SAMPLES_PER_MS));
      }
      expectedMs = (expectedMs ?? ms) + rest.length / SAMPLES_PER_MS;
      while (rest.length > 0) {
        const part = rest.subarray(0, CHUNK_SAMPLES - filled);
        pending.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled === CHUNK_SAMPLES) chunks.push(...flush());
      }
      return chunks;
    },
    flush,
  };
}
