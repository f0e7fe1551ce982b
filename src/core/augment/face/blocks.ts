/** The marks of a video codec at a low bit rate. */
import { CROP_SIZE } from '../../faces/align.ts';

const SIDE = 4;
const block = new Float32Array(SIDE * SIDE);

/**
 * Quantise blocks of 4 x 4 pixels in the Hadamard domain, in place, which is what H.264 does with a transform near to
 * it: small differences within a block vanish, and the borders of blocks show. A crop is smaller than the face was in
 * the video, so a codec's 8 or 16 pixels are about 4 here.
 * @param pixels [48, 48] grey in [0, 1], row-major, overwritten; the result may leave [0, 1] by a little.
 * @param step quantiser step of the block's differences, grey levels (1 is white); above 0.
 * @param phaseX column of the first block, 0 .. 3; pixels outside whole blocks stay.
 * @param phaseY row of the first block, 0 .. 3.
 * @example quantiseBlocks(pixels, 0.05, 0, 0);
 */
export function quantiseBlocks(pixels: Float32Array, step: number, phaseX: number, phaseY: number): void {
  for (let top = phaseY; top + SIDE <= CROP_SIZE; top += SIDE)
    for (let left = phaseX; left + SIDE <= CROP_SIZE; left += SIDE) {
      for (let i = 0; i < SIDE * SIDE; i++) block[i] = pixels[(top + (i >> 2)) * CROP_SIZE + left + (i & 3)] ?? 0;
      hadamard();
      // The mean (coefficient 0, four times the grey value in this scale) is kept finer, as codecs do.
      for (let i = 0; i < SIDE * SIDE; i++) {
        const quantum = i === 0 ? step : 4 * step;
        block[i] = Math.round((block[i] ?? 0) / quantum) * quantum;
      }
      hadamard();
      for (let i = 0; i < SIDE * SIDE; i++) pixels[(top + (i >> 2)) * CROP_SIZE + left + (i & 3)] = block[i] ?? 0;
    }
}

/** The orthonormal transform, which is its own inverse: along rows, then along columns. */
function hadamard(): void {
  for (let i = 0; i < SIDE; i++) butterfly(i * SIDE, 1);
  for (let i = 0; i < SIDE; i++) butterfly(i, SIDE);
}

function butterfly(at: number, stride: number): void {
  const a = block[at] ?? 0;
  const b = block[at + stride] ?? 0;
  const c = block[at + 2 * stride] ?? 0;
  const d = block[at + 3 * stride] ?? 0;
  block[at] = (a + b + c + d) / 2;
  block[at + stride] = (a + b - c - d) / 2;
  block[at + 2 * stride] = (a - b - c + d) / 2;
  block[at + 3 * stride] = (a - b + c - d) / 2;
}
