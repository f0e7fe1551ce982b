/** Log-mel frames as another speaker, room and line would have given them: cheap enough to redo in every epoch. */
import { uniform } from '../random.ts';
import type { Random } from '../random.ts';
import { warpTract } from './mel/axis.ts';
import { maskFrames } from './mel/masks.ts';
import type { Masks } from './mel/masks.ts';
import { bandGains, changePowers, noisePowers } from './mel/power.ts';
import { cutFrames, stretchFrames } from './mel/time.ts';

/** How strongly and how often each thing may change; 0 leaves it as it is, and what is absent takes its default. */
export interface MelAugmentation extends Partial<Masks> {
  /** Frames of the result, a random stretch or among silence; 0 keeps the length. 300 is 3 s. Default 0. */
  readonly frames?: number;
  /** Largest change of speed, as a share: 0.1 is from 1/1.1 to 1.1 times. Default 0.1. */
  readonly stretch?: number;
  /** Largest change of the formants, as a share, to 0.2. Default 0.1. */
  readonly tract?: number;
  /** Largest change of level, decibels. Default 10. */
  readonly levelDb?: number;
  /** Largest tilt of the spectrum, decibels at its ends. Default 6. */
  readonly tiltDb?: number;
  /** Chance of a narrow line (from 200 to 400 Hz, to 3000 to 3800 Hz), 0 to 1. Default 0.15. */
  readonly lineChance?: number;
  /** Chance of steady noise, from white to 6 dB an octave, 0 to 1. Default 0.5. */
  readonly noiseChance?: number;
  /** Lowest signal-to-noise ratio, decibels; it reaches 25 dB above that. Default 5. */
  readonly snrDb?: number;
}

/** What a `MelAugmentation` holds where it says nothing. */
export const MEL_AUGMENTATION: Required<MelAugmentation> = {
  frames: 0,
  stretch: 0.1,
  tract: 0.1,
  levelDb: 10,
  tiltDb: 6,
  lineChance: 0.15,
  noiseChance: 0.5,
  snrDb: 5,
  timeMasks: 2,
  timeMaskFrames: 30,
  bandMasks: 2,
  bandMaskWidth: 8,
};

/**
 * One random variant of a clip: the speaker, the stretch of time, the noise, the line and its level, then the masks.
 * With everything 0 the result equals `frames`.
 * @param frames row-major [n, 64] as `logMel` gives them, n at least 1; not changed.
 * @param random the same stream gives the same variant.
 * @returns a new array [n', 64]; n' changes with the speed unless `frames` says how many.
 * @example augmentLogMel(frames, randomStream(seed, 'voice', epoch, clipId), { frames: 300, tract: 0 });
 */
export function augmentLogMel(frames: Float32Array, random: Random, options: MelAugmentation = {}): Float32Array {
  const most = { ...MEL_AUGMENTATION, ...options };
  const factor = (share: number): number => Math.exp(uniform(random, -1, 1) * Math.log1p(share));
  let out = stretchFrames(frames, factor(most.stretch));
  if (most.frames > 0) out = cutFrames(out, random, most.frames);
  out = warpTract(out, factor(most.tract));
  colour(out, random, most);
  maskFrames(out, random, most);
  return out;
}

function colour(frames: Float32Array, random: Random, most: Required<MelAugmentation>): void {
  const noisy = random() < most.noiseChance;
  const narrow = random() < most.lineChance;
  if (!noisy && !narrow && most.levelDb === 0 && most.tiltDb === 0) return;
  const level = { snrDb: most.snrDb + uniform(random, 0, 25), slopeDb: uniform(random, 0, 6) };
  const noise = noisy ? noisePowers(frames, random, level) : undefined;
  const gains = bandGains({
    levelDb: uniform(random, -1, 1) * most.levelDb,
    tiltDb: uniform(random, -1, 1) * most.tiltDb,
    ...(narrow ? { line: { lowHz: uniform(random, 200, 400), highHz: uniform(random, 3000, 3800) } } : {}),
  });
  changePowers(frames, gains, noise);
}
