/** The last seconds of one participant's sampled pictures, scaled down. */
import type { VideoFrame } from '../../domain.ts';
import { shrink } from './shrink.ts';

/** Pictures by capture time. */
export interface PictureRing {
  /**
   * Keep a small copy of a picture: its own memory may be given away at once. One whose clock ran back empties the ring first.
   * @returns how many pictures that were still young enough had to go to make room.
   */
  put(frame: VideoFrame): number;
  /** The pictures captured in [startMs, endMs), oldest first. They are not copied: they are never written to. */
  read(startMs: number, endMs: number): readonly VideoFrame[];
  clear(): void;
}

/** How much is kept. */
export interface PictureRingOptions {
  readonly capacityMs: number;
  /** The most pictures that are kept, however many come. */
  readonly most: number;
}

/** At most `most` pictures, of the last `capacityMs`, of at most 384 x 384 x 1.5 bytes each. */
export function pictureRing({ capacityMs, most }: PictureRingOptions): PictureRing {
  let pictures: readonly VideoFrame[] = [];
  return {
    put(frame) {
      const latest = pictures.at(-1);
      const before = latest !== undefined && frame.captureMs < latest.captureMs ? [] : pictures;
      const young = before.filter(({ captureMs }) => captureMs > frame.captureMs - capacityMs);
      const tooMany = Math.max(0, young.length + 1 - most);
      pictures = [...young.slice(tooMany), shrink(frame)];
      return tooMany;
    },
    read: (startMs, endMs) => pictures.filter(({ captureMs }) => captureMs >= startMs && captureMs < endMs),
    clear() {
      pictures = [];
    },
  };
}
