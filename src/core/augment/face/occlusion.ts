/** A hand, a microphone, a strand of hair: a part of the face that cannot be seen. */
import { CROP_SIZE } from '../../faces/align.ts';
import { integerBelow, uniform } from '../../random.ts';
import type { Random } from '../../random.ts';
import { whiteNoise } from '../noise.ts';

const texture = new Float32Array(CROP_SIZE * CROP_SIZE);

/**
 * Cover a rectangle with one grey or, as often, with noise, in place.
 * Source: Zhong et al., Random Erasing Data Augmentation (2020), section 3.
 * @param pixels [48, 48] grey in [0, 1], row-major, overwritten.
 * @param area share of the picture, in (0, 1); sides between 1 to 3 and 3 to 1.
 * @example occludeFace(pixels, randomStream(7), 0.1);
 */
export function occludeFace(pixels: Float32Array, random: Random, area: number): void {
  const ratio = Math.exp(uniform(random, -Math.log(3), Math.log(3)));
  const side = Math.sqrt(area) * CROP_SIZE;
  const width = Math.min(CROP_SIZE, Math.max(1, Math.round(side * Math.sqrt(ratio))));
  const height = Math.min(CROP_SIZE, Math.max(1, Math.round(side / Math.sqrt(ratio))));
  const left = integerBelow(random, CROP_SIZE - width + 1);
  const top = integerBelow(random, CROP_SIZE - height + 1);
  const grey = random();
  const cover = texture.subarray(0, width * height);
  if (random() < 0.5) cover.fill(0);
  else whiteNoise(random, cover);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const value = grey + 0.2 * (cover[i] ?? 0);
      pixels[(top + y) * CROP_SIZE + left + x] = Math.min(Math.max(value, 0), 1);
    }
}
