/** Stretches of time and of frequency that the network has to do without. */
import { MEL_BANDS } from '../../features.ts';
import { integerBelow } from '../../random.ts';
import type { Random } from '../../random.ts';

/** How much is hidden; 0 hides nothing. */
export interface Masks {
  /** Number of masks over all bands. */
  readonly timeMasks: number;
  /** Longest of them, frames of 10 ms; each has 0 to this many, and never more than a third of the clip. */
  readonly timeMaskFrames: number;
  /** Number of masks over all frames. */
  readonly bandMasks: number;
  /** Widest of them, bands; each has 0 to this many. */
  readonly bandMaskWidth: number;
}

/**
 * Hide random stretches behind the clip's mean, in place.
 * Source: Park et al., SpecAugment (2019), section 2, without the time warp.
 * @param frames row-major [n, 64], overwritten.
 * @example maskFrames(frames, random, { timeMasks: 2, timeMaskFrames: 30, bandMasks: 2, bandMaskWidth: 8 });
 */
export function maskFrames(frames: Float32Array, random: Random, masks: Masks): void {
  const n = frames.length / MEL_BANDS;
  let mean = 0;
  for (const x of frames) mean += x / frames.length;
  for (let mask = 0; mask < masks.timeMasks; mask++) {
    const length = integerBelow(random, Math.min(masks.timeMaskFrames, Math.floor(n / 3)) + 1);
    const start = integerBelow(random, n - length + 1);
    frames.fill(mean, start * MEL_BANDS, (start + length) * MEL_BANDS);
  }
  for (let mask = 0; mask < masks.bandMasks; mask++) {
    const width = integerBelow(random, Math.min(masks.bandMaskWidth, MEL_BANDS) + 1);
    const start = integerBelow(random, MEL_BANDS - width + 1);
    for (let row = 0; row < frames.length; row += MEL_BANDS) frames.fill(mean, row + start, row + start + width);
  }
}
