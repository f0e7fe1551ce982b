/** A face crop as another webcam, another room and another alignment would have given it. */
import { CROP_SIZE } from '../faces/align.ts';
import { integerBelow, uniform } from '../random.ts';
import type { Random } from '../random.ts';
import { quantiseBlocks } from './face/blocks.ts';
import { lightFace } from './face/light.ts';
import { occludeFace } from './face/occlusion.ts';
import { blurFace, coarsenFace } from './face/optics.ts';
import { warpFace } from './face/warp.ts';
import { whiteNoise } from './noise.ts';

/** How strongly each thing may change; 0 leaves it as it is, and what is absent takes its default. */
export interface FaceAugmentation {
  /** Chance of mirroring, 0 to 1. Default 0.5. */
  readonly flipChance?: number;
  /** Largest rotation to either side, degrees. Default 12. */
  readonly rotationDeg?: number;
  /** Largest change of size, as a share: 0.12 is from 1/1.12 to 1.12 times. Default 0.12. */
  readonly scale?: number;
  /** Largest shift along each axis, as a share of the side. Default 0.06. */
  readonly shift?: number;
  /** Largest change of width over height, as a share. Default 0.08. */
  readonly aspect?: number;
  /** Largest |ln gamma|: 0.35 is exponents from 0.70 to 1.42. Default 0.35. */
  readonly gamma?: number;
  /** Largest change of contrast, as a share, below 1. Default 0.25. */
  readonly gain?: number;
  /** Largest change of brightness, grey levels (1 is white). Default 0.1. */
  readonly offset?: number;
  /** Largest light from one side, grey levels between middle and edge, along each axis. Default 0.15. */
  readonly gradient?: number;
  /** Chance of each of the camera's faults below, 0 to 1. Default 0.2. */
  readonly cameraChance?: number;
  /** Largest standard deviation of the blur, pixels. Default 0.8. */
  readonly blurPx?: number;
  /** Largest share of the resolution lost, up to 0.9: 0.5 is a face of 24 pixels. Default 0.4. */
  readonly lowResolution?: number;
  /** Largest standard deviation of the noise, grey levels. Default 0.04. */
  readonly noise?: number;
  /** Largest quantiser step of 4 x 4 blocks, grey levels. Default 0.03. */
  readonly blocks?: number;
  /** Chance of covering a part, 0 to 1. Default 0.25. */
  readonly occlusionChance?: number;
  /** Largest share of the picture covered, below 1. Default 0.2. */
  readonly occlusion?: number;
}

/** What a `FaceAugmentation` holds where it says nothing. */
export const FACE_AUGMENTATION: Required<FaceAugmentation> = {
  flipChance: 0.5,
  rotationDeg: 12,
  scale: 0.12,
  shift: 0.06,
  aspect: 0.08,
  gamma: 0.35,
  gain: 0.25,
  offset: 0.1,
  gradient: 0.15,
  cameraChance: 0.2,
  blurPx: 0.8,
  lowResolution: 0.4,
  noise: 0.04,
  blocks: 0.03,
  occlusionChance: 0.25,
  occlusion: 0.2,
};

/**
 * One random variant of a face crop, in the order in which a picture comes about: the pose, what covers the face, the
 * light, the lens, the sensor, the codec. With every strength 0 the result equals `pixels`.
 * @param pixels [48, 48] grey in [0, 1], row-major; not changed.
 * @param random the same stream gives the same variant.
 * @param out [48, 48] to write to, for instance a row of a batch; not `pixels`. Default a new one.
 * @returns `out`, in [0, 1].
 * @example augmentFace(pixels, randomStream(seed, 'face', epoch, clipId), { rotationDeg: 15 }, batch.subarray(0, 2304));
 */
export function augmentFace(
  pixels: Float32Array,
  random: Random,
  options: FaceAugmentation = {},
  out: Float32Array = new Float32Array(CROP_SIZE * CROP_SIZE),
): Float32Array {
  const most = { ...FACE_AUGMENTATION, ...options };
  pose(pixels, random, most, out);
  if (random() < most.occlusionChance && most.occlusion > 0)
    occludeFace(out, random, most.occlusion * uniform(random, 0.1, 1));
  light(out, random, most);
  photograph(out, random, most);
  return out;
}

type Strengths = Required<FaceAugmentation>;

/** Uniform in [-most, most]. */
const either = (random: Random, most: number): number => uniform(random, -most, most);

/** As often larger as smaller, by at most the factor 1 + most. */
const factor = (random: Random, most: number): number => Math.exp(either(random, Math.log1p(most)));

function pose(pixels: Float32Array, random: Random, most: Strengths, out: Float32Array): void {
  const mirror = random() < most.flipChance;
  if (!mirror && most.rotationDeg === 0 && most.scale === 0 && most.shift === 0 && most.aspect === 0) {
    out.set(pixels);
    return;
  }
  const warp = {
    mirror,
    rotationRad: (either(random, most.rotationDeg) * Math.PI) / 180,
    zoom: factor(random, most.scale),
    aspect: factor(random, most.aspect),
    shiftX: either(random, most.shift) * CROP_SIZE,
    shiftY: either(random, most.shift) * CROP_SIZE,
  };
  warpFace(pixels, warp, out);
}

function light(pixels: Float32Array, random: Random, most: Strengths): void {
  if (most.gamma === 0 && most.gain === 0 && most.offset === 0 && most.gradient === 0) return;
  lightFace(pixels, {
    gamma: Math.exp(either(random, most.gamma)),
    gain: 1 + either(random, most.gain),
    offset: either(random, most.offset),
    gradientX: either(random, most.gradient),
    gradientY: either(random, most.gradient),
  });
}

const grain = new Float32Array(CROP_SIZE * CROP_SIZE);

function photograph(pixels: Float32Array, random: Random, most: Strengths): void {
  const happens = (strength: number): boolean => random() < most.cameraChance && strength > 0;
  // Weaker blurs than this would not change a pixel by one grey level of 255.
  if (happens(most.blurPx)) blurFace(pixels, Math.max(0.2, uniform(random, 0, most.blurPx)));
  if (happens(most.lowResolution))
    coarsenFace(pixels, Math.max(4, Math.round(CROP_SIZE * (1 - uniform(random, 0, most.lowResolution)))));
  if (happens(most.noise)) {
    const deviation = uniform(random, 0, most.noise);
    whiteNoise(random, grain);
    for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] ?? 0) + deviation * (grain[i] ?? 0);
  }
  if (happens(most.blocks))
    quantiseBlocks(pixels, most.blocks * uniform(random, 0.1, 1), integerBelow(random, 4), integerBelow(random, 4));
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(Math.max(pixels[i] ?? 0, 0), 1);
}
