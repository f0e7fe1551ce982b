import type { PictureSize } from './resample.ts';

/**
 * A picture enlarged by bilinear interpolation between the centres of its pixels; at the edges the last pixel is repeated. To
 * shrink one, `areaResample` does not alias.
 *
 * @param pixels [height, width], row-major.
 * @returns [toHeight, toWidth], row-major.
 * @example bilinearResize(Float32Array.of(0, 1), { width: 2, height: 1 }, { width: 4, height: 1 }); // [0, 0.25, 0.75, 1]
 */
export function bilinearResize(pixels: Float32Array, from: PictureSize, to: PictureSize): Float32Array {
  const across = between(from.width, to.width);
  const down = between(from.height, to.height);
  const out = new Float32Array(to.width * to.height);
  down.forEach(({ first, second, share }, row) => {
    across.forEach((x, column) => {
      const at = (y: number): number => {
        const line = y * from.width;
        return (pixels[line + x.first] ?? 0) * (1 - x.share) + (pixels[line + x.second] ?? 0) * x.share;
      };
      out[row * to.width + column] = at(first) * (1 - share) + at(second) * share;
    });
  });
  return out;
}

/** For each new pixel along an axis, the two old ones that it lies between, and the second's share. */
function between(from: number, to: number): readonly { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, pixel) => {
    const centre = Math.max(0, Math.min(from - 1, ((pixel + 0.5) * from) / to - 0.5));
    const first = Math.floor(centre);
    return { first, second: Math.min(from - 1, first + 1), share: centre - first };
  });
}
