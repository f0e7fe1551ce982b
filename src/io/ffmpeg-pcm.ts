/** Cuts decoded sound into chunks of even length. */
import { SAMPLE_RATE_HZ } from '../core/features.ts';
import type { PcmChunk } from '../domain.ts';

const CHUNK_SAMPLES = SAMPLE_RATE_HZ / 10;

/** Containers round timestamps, some to tens of ms; below this the count of samples is the better clock. */
const TOLERANCE_MS = 60;

/** State of one stream of sound; made by `pcmCutter`. */
interface PcmCutter {
  /** The chunks that are full now. `ms` is when the first sample was captured, by the container. */
  push(samples: Float32Array, ms: number): readonly PcmChunk[];
  /** What is left at the end of the stream. */
  flush(): readonly PcmChunk[];
}

/**
 * Chunks of 100 ms, timed by counting samples for as long as the container's time agrees. Where it does not (sound was
 * lost, or runs over itself) the chunk ends, and the next one begins at the container's time.
 */
export function pcmCutter(): PcmCutter {
  let chunk = new Float32Array(CHUNK_SAMPLES);
  let filled = 0;
  let startMs = -Infinity;

  const endMs = (): number => startMs + (filled * 1000) / SAMPLE_RATE_HZ;

  const flush = (): readonly PcmChunk[] => {
    if (filled === 0) return [];
    const full = { samples: chunk.subarray(0, filled), captureMs: startMs };
    startMs = endMs();
    chunk = new Float32Array(CHUNK_SAMPLES);
    filled = 0;
    return [full];
  };

  return {
    push: (samples, ms) => {
      const chunks: PcmChunk[] = [];
      if (Math.abs(ms - endMs()) > TOLERANCE_MS) {
        chunks.push(...flush());
        startMs = ms;
      }
      for (let at = 0; at < samples.length;) {
        const part = samples.subarray(at, at + CHUNK_SAMPLES - filled);
        chunk.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === CHUNK_SAMPLES) chunks.push(...flush());
      }
      return chunks;
    },
    flush,
  };
}
