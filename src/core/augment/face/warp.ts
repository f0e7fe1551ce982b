/** Turning, sizing, moving and mirroring a face crop: what an aligner gets slightly wrong. */
import { CROP_SIZE } from '../../faces/align.ts';

/** Where the picture goes; the identity is `{ mirror: false, rotationRad: 0, zoom: 1, aspect: 1, shiftX: 0, shiftY: 0 }`. */
export interface Warp {
  /** Left and right change places. */
  readonly mirror: boolean;
  /** Clockwise about the centre, as seen. */
  readonly rotationRad: number;
  /** Above 1 the face becomes larger. */
  readonly zoom: number;
  /** Above 1 the face becomes wider and as much lower. */
  readonly aspect: number;
  /** To the right and down, pixels. */
  readonly shiftX: number;
  readonly shiftY: number;
}

const CENTRE = (CROP_SIZE - 1) / 2;
const LAST = CROP_SIZE - 1;

/**
 * Warp by inverse mapping and bilinear interpolation; what lies outside repeats the nearest edge pixel.
 * @param pixels [48, 48], row-major.
 * @param out [48, 48], overwritten; not `pixels`.
 * @example warpFace(pixels, { mirror: true, rotationRad: 0, zoom: 1, aspect: 1, shiftX: 0, shiftY: 0 }, out);
 */
export function warpFace(pixels: Float32Array, warp: Warp, out: Float32Array): void {
  const cos = Math.cos(warp.rotationRad);
  const sin = Math.sin(warp.rotationRad);
  const across = (warp.mirror ? -1 : 1) / (warp.zoom * Math.sqrt(warp.aspect));
  const down = Math.sqrt(warp.aspect) / warp.zoom;
  const [dxOfX, dxOfY, dyOfX, dyOfY] = [cos * across, sin * across, -sin * down, cos * down];
  for (let y = 0, at = 0; y < CROP_SIZE; y++) {
    const v = y - CENTRE - warp.shiftY;
    for (let x = 0; x < CROP_SIZE; x++, at++) {
      const u = x - CENTRE - warp.shiftX;
      const wantedX = dxOfX * u + dxOfY * v + CENTRE;
      const wantedY = dyOfX * u + dyOfY * v + CENTRE;
      const sx = wantedX < 0 ? 0 : wantedX > LAST ? LAST : wantedX;
      const sy = wantedY < 0 ? 0 : wantedY > LAST ? LAST : wantedY;
      const left = sx | 0;
      const top = sy | 0;
      const fx = sx - left;
      const fy = sy - top;
      const a = top * CROP_SIZE + left;
      const right = left < LAST ? 1 : 0;
      const below = top < LAST ? CROP_SIZE : 0;
      const upper = (pixels[a] ?? 0) * (1 - fx) + (pixels[a + right] ?? 0) * fx;
      const lower = (pixels[a + below] ?? 0) * (1 - fx) + (pixels[a + below + right] ?? 0) * fx;
      out[at] = upper * (1 - fy) + lower * fy;
    }
  }
}
