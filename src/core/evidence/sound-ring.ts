/** The last seconds of one participant's sound, as samples in their places on the capture clock. */
import type { PcmChunk } from '../../domain.ts';
import { SAMPLE_RATE_HZ } from '../features.ts';
import { place } from '../sound-line.ts';
import type { SoundLine } from '../sound-line.ts';

/** Sound by capture time; 32 bytes for each ms of its capacity, whatever comes in. */
export interface SoundRing {
  /** Sound in the order in which it was captured; one whose clock ran back empties the ring first. */
  put(chunk: PcmChunk): void;
  /** A copy of [startMs, endMs), silent where there was no sound; null where there was none at all. */
  read(startMs: number, endMs: number): Int16Array | null;
  clear(): void;
}

/** Samples from `from` to before `to`, counted from the clock's zero. */
interface Run {
  readonly from: number;
  readonly to: number;
}

const SAMPLES_A_MS = SAMPLE_RATE_HZ / 1000;

/**
 * A ring of fixed size: sound older than `capacityMs` is overwritten, which is its purpose and needs no counter. Chunks are
 * laid end to end as they are for the networks (`place`), so that what is read is what was judged.
 */
export function soundRing(capacityMs: number): SoundRing {
  const capacity = Math.ceil(capacityMs * SAMPLES_A_MS);
  const ring = new Int16Array(capacity);
  /** What is there, oldest first; they neither touch nor overlap. */
  let runs: readonly Run[] = [];
  let line: SoundLine = null;

  function write(from: number, samples: Float32Array): void {
    // Of a chunk longer than the ring only its end has a place.
    for (let i = Math.max(0, samples.length - capacity); i < samples.length; i++)
      ring[(from + i) % capacity] = 32_767 * Math.max(-1, Math.min(1, samples[i] ?? 0));
  }

  function clear(): void {
    runs = [];
    line = null;
  }

  return {
    clear,
    put(chunk) {
      const [next, placed] = place(line, chunk);
      const last = runs.at(-1);
      line = next;
      if (placed === null) return;
      const goesOn = last !== undefined && !placed.fresh;
      const from = goesOn ? last.to : Math.round(placed.startMs * SAMPLES_A_MS);
      if (from < 0) return;
      if (last !== undefined && from < last.to) runs = [];
      const to = from + placed.samples.length;
      write(from, placed.samples);
      const before = goesOn ? runs.slice(0, -1) : runs;
      const oldest = to - capacity;
      runs = [...before, { from: goesOn ? last.from : from, to }]
        .filter((run) => run.to > oldest)
        .map((run) => ({ from: Math.max(run.from, oldest), to: run.to }));
    },
    read(startMs, endMs) {
      const [from, to] = [Math.round(startMs * SAMPLES_A_MS), Math.round(endMs * SAMPLES_A_MS)];
      const there = runs.filter((run) => run.from < to && run.to > from);
      if (there.length === 0) return null;
      const sound = new Int16Array(to - from);
      for (const run of there)
        for (let at = Math.max(from, run.from); at < Math.min(to, run.to); at++)
          sound[at - from] = ring[at % capacity] ?? 0;
      return sound;
    },
  };
}
