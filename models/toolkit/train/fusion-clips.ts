/** Clips whose features were made before, as rows to learn from: read when they are drawn, so that a batch is in memory at most. */
import type { Stimulus } from '../../../src/core/manifest.ts';
import { integerBelow } from '../../../src/core/random.ts';
import type { ClipFeatures } from '../features/read.ts';
import type { FusionRow, FusionShape, FusionSource } from './fusion-rows.ts';

/** A clip with what encoders gave for it. */
export interface FeaturedClip {
  /** Null where no system listens, or looks. */
  readonly voice: ClipFeatures | null;
  readonly face: ClipFeatures | null;
  readonly targets: FusionRow['targets'];
}

/** Which of the frames that do not fit are taken: a number below `n`. */
type Choice = (n: number) => number;

/**
 * A clip as a row. Of more frames than the shape has, some that follow each other.
 * @param choose where they begin. Default: they are those in the middle.
 * @throws UndertoneError as `ClipFeatures.read` does.
 */
export function clipRow(
  { voice, face, targets }: FeaturedClip,
  { steps, frames }: Pick<FusionShape, 'steps' | 'frames'>,
  choose: Choice = (n) => Math.floor(n / 2),
): FusionRow {
  const some = (features: ClipFeatures | null, most: number): Float32Array | null => {
    if (!features) return null;
    const spare = features.frames - most;
    return spare > 0 ? features.read(choose(spare + 1), most) : features.read(0, features.frames);
  };
  return { voice: some(voice, steps), face: some(face, frames), targets };
}

/** All clips an epoch, each as it happens to be cut. @param clips each with labels by every stimulus that is asked for. */
export function clipSource(clips: readonly FeaturedClip[], shape: Pick<FusionShape, 'steps' | 'frames'>): FusionSource {
  return {
    length: clips.length,
    draw(index, random) {
      const clip = clips[index];
      if (!clip) throw new RangeError(`there is no clip ${index}`);
      return clipRow(clip, shape, (n) => integerBelow(random, n));
    },
    targets: (stimulus: Stimulus) =>
      clips.map(({ targets }) => targets[stimulus]).filter((target) => target !== undefined),
  };
}
