/** The last seconds of one participant's voice: log-mel frames and speech probabilities in slots of 10 ms. */
import { HOP_MS, MEL_BANDS, SILENT_BAND } from './features.ts';

/** A stretch of voice read from the ring. */
export interface VoiceStretch {
  /** Row-major [frames, 64]; slots without sound hold what digital silence would. */
  readonly logMel: Float32Array;
  readonly frames: number;
  /** Share of the slots that hold sound. */
  readonly coverage: number;
  /** Share of the slots that speech detection has looked at. */
  readonly checkedShare: number;
  /** Share of the slots in which someone speaks. */
  readonly speechShare: number;
}

/** The voice of one participant, by capture time. */
export interface VoiceRing {
  /** Put frames, 10 ms apart, the first starting at `startMs`. */
  putFrames(startMs: number, frames: Float32Array): void;
  /** Put the speech probability of consecutive blocks of `blockMs`. */
  putSpeech(startMs: number, blockMs: number, probabilities: Float32Array): void;
  read(startMs: number, endMs: number): VoiceStretch;
  /** Sound is complete up to here, speech up to there; -Infinity when empty. */
  readonly framesEndMs: number;
  readonly speechEndMs: number;
  clear(): void;
}

/** Probability from which a slot counts as speech; Silero's own default. */
const SPEECH = 0.5;

/**
 * A ring of fixed size: what is older than `capacityMs` is overwritten, which is its purpose and needs no counter.
 * @param originMs time of slot 0; what lies before it is ignored.
 */
export function voiceRing({ originMs, capacityMs }: { originMs: number; capacityMs: number }): VoiceRing {
  const capacity = Math.ceil(capacityMs / HOP_MS);
  const logMel = new Float32Array(capacity * MEL_BANDS);
  const speech = new Float32Array(capacity);
  // Which slot each cell holds now: a reader can tell fresh content from what was overwritten or never written.
  const frameSlots = new Int32Array(capacity).fill(-1);
  const speechSlots = new Int32Array(capacity).fill(-1);
  let framesEndMs = -Infinity;
  let speechEndMs = -Infinity;
  const slotAt = (ms: number) => Math.round((ms - originMs) / HOP_MS);

  return {
    get framesEndMs() {
      return framesEndMs;
    },
    get speechEndMs() {
      return speechEndMs;
    },
    putFrames(startMs, frames) {
      const n = frames.length / MEL_BANDS;
      const first = slotAt(startMs);
      for (let i = 0; i < n; i++) {
        const slot = first + i;
        if (slot < 0) continue;
        const cell = slot % capacity;
        logMel.set(frames.subarray(i * MEL_BANDS, (i + 1) * MEL_BANDS), cell * MEL_BANDS);
        frameSlots[cell] = slot;
      }
      framesEndMs = startMs + n * HOP_MS;
    },
    putSpeech(startMs, blockMs, probabilities) {
      probabilities.forEach((probability, i) => {
        const last = slotAt(startMs + (i + 1) * blockMs);
        for (let slot = Math.max(0, slotAt(startMs + i * blockMs)); slot < last; slot++) {
          speech[slot % capacity] = probability;
          speechSlots[slot % capacity] = slot;
        }
      });
      speechEndMs = startMs + probabilities.length * blockMs;
    },
    read(startMs, endMs) {
      const first = slotAt(startMs);
      const frames = Math.round((endMs - startMs) / HOP_MS);
      const out = new Float32Array(frames * MEL_BANDS).fill(SILENT_BAND);
      let covered = 0;
      let checked = 0;
      let spoken = 0;
      for (let i = 0; i < frames; i++) {
        const slot = first + i;
        const cell = ((slot % capacity) + capacity) % capacity;
        if (frameSlots[cell] === slot) {
          covered++;
          out.set(logMel.subarray(cell * MEL_BANDS, (cell + 1) * MEL_BANDS), i * MEL_BANDS);
        }
        if (speechSlots[cell] !== slot) continue;
        checked++;
        if ((speech[cell] ?? 0) >= SPEECH) spoken++;
      }
      return {
        logMel: out,
        frames,
        coverage: covered / frames,
        checkedShare: checked / frames,
        speechShare: spoken / frames,
      };
    },
    clear() {
      frameSlots.fill(-1);
      speechSlots.fill(-1);
      framesEndMs = -Infinity;
      speechEndMs = -Infinity;
    },
  };
}
