import fc from 'fast-check';
import { expect, test } from 'vitest';
import { augmentFace, FACE_AUGMENTATION } from '../../../src/core/augment/face.ts';
import type { FaceAugmentation } from '../../../src/core/augment/face.ts';
import { randomStream } from '../../../src/core/random.ts';
import { meanSquaredDifference, NOTHING, picture, pictures, SIDE } from './pictures.ts';

const STRENGTHS = Object.keys(FACE_AUGMENTATION);

test('with every strength 0 a picture stays as it is', () => {
  fc.assert(
    fc.property(pictures, fc.integer(), (pixels, seed) => {
      expect(augmentFace(pixels, randomStream(seed), NOTHING)).toEqual(pixels);
    }),
    { numRuns: 20 },
  );
});

test('strengths of 0 change nothing, however often the camera fails', () => {
  fc.assert(
    fc.property(pictures, fc.integer(), (pixels, seed) => {
      const options = { ...NOTHING, cameraChance: 1, occlusionChance: 1 };
      expect(augmentFace(pixels, randomStream(seed), options)).toEqual(pixels);
    }),
    { numRuns: 20 },
  );
});

test('any variant is a picture in [0, 1], and the input is left alone', () => {
  const strong: FaceAugmentation = {
    ...Object.fromEntries(STRENGTHS.map((name) => [name, 0.9])),
    cameraChance: 1,
    occlusionChance: 1,
    rotationDeg: 180,
  };
  fc.assert(
    fc.property(pictures, fc.integer(), fc.constantFrom({}, strong), (pixels, seed, options) => {
      const before = pixels.slice();
      const variant = augmentFace(pixels, randomStream(seed), options);
      expect(variant).toHaveLength(SIDE * SIDE);
      expect(variant.every((grey) => grey >= 0 && grey <= 1)).toBe(true);
      expect(pixels).toEqual(before);
    }),
    { numRuns: 40 },
  );
});

test('the same stream gives the same variant, another gives another, wherever it is written', () => {
  const pixels = picture((x, y) => 0.5 + 0.4 * Math.sin(x / 5) * Math.cos(y / 7));
  const batch = new Float32Array(3 * SIDE * SIDE).fill(-1);
  const row = batch.subarray(SIDE * SIDE, 2 * SIDE * SIDE);
  expect(augmentFace(pixels, randomStream(1), {}, row)).toBe(row);
  expect(row).toEqual(augmentFace(pixels, randomStream(1)));
  expect(row).not.toEqual(augmentFace(pixels, randomStream(2)));
  expect(batch.subarray(0, SIDE * SIDE).every((x) => x === -1)).toBe(true);
  expect(batch.subarray(2 * SIDE * SIDE).every((x) => x === -1)).toBe(true);
});

test('mirrored pictures are mirrored to the bit, as often as the chance says', () => {
  const pixels = picture((x, y) => (x * 7 + y * 3) / 500);
  const mirrored = picture((x, y) => ((SIDE - 1 - x) * 7 + y * 3) / 500);
  const options = { ...NOTHING, flipChance: 0.5 };
  const variants = Array.from({ length: 200 }, (_, i) => augmentFace(pixels, randomStream(i), options));
  const flipped = variants.filter((variant) => meanSquaredDifference(variant, mirrored) === 0).length;
  const kept = variants.filter((variant) => meanSquaredDifference(variant, pixels) === 0).length;
  expect(flipped + kept).toBe(200);
  expect(flipped).toBeGreaterThan(70);
  expect(kept).toBeGreaterThan(70);
});

test('every strength changes something by itself', () => {
  const pixels = picture((x, y) => 0.5 + 0.3 * Math.sin(x / 2) * Math.cos(y / 3) + 0.1 * Math.sin(x * y));
  for (const name of STRENGTHS.filter((name) => !name.endsWith('Chance'))) {
    const options = { ...NOTHING, cameraChance: 1, occlusionChance: 1, [name]: 0.3 };
    const change = meanSquaredDifference(augmentFace(pixels, randomStream('alone'), options), pixels);
    expect(change, name).toBeGreaterThan(0);
  }
});
