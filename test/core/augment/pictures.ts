/** Pictures of 48 x 48 pixels for the tests of augmentation. */
import fc from 'fast-check';
import { FACE_AUGMENTATION } from '../../../src/core/augment/face.ts';
import type { FaceAugmentation } from '../../../src/core/augment/face.ts';
import { CROP_SIZE } from '../../../src/core/faces/align.ts';
import { randomStream } from '../../../src/core/random.ts';

export const SIDE = CROP_SIZE;

/** Every strength 0. */
export const NOTHING: FaceAugmentation = Object.fromEntries(Object.keys(FACE_AUGMENTATION).map((name) => [name, 0]));

export function picture(grey: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => grey(i % SIDE, Math.floor(i / SIDE)));
}

/** Any pixels in [0, 1]. */
export const pictures: fc.Arbitrary<Float32Array> = fc.integer().map((seed) => {
  const random = randomStream('picture', seed);
  return picture(() => random());
});

export function meanSquaredDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + (x - (b[i] ?? NaN)) ** 2, 0) / a.length;
}

export function variance(pixels: Float32Array): number {
  const mean = pixels.reduce((sum, x) => sum + x, 0) / pixels.length;
  return pixels.reduce((sum, x) => sum + (x - mean) ** 2, 0) / pixels.length;
}
