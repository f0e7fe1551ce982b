/**
 * A picture at another size, each new pixel the mean of the area it covers: shrinking does not alias, and the picture's
 * mean stays what it was. Proportions are not kept: the whole picture fills the new size.
 *
 * @param pixels [height, width], row-major.
 * @returns [toHeight, toWidth], row-major.
 * @example areaResample(Float32Array.of(0, 1, 0, 1), { width: 2, height: 2 }, { width: 1, height: 1 }); // [0.5]
 */
export function areaResample(pixels: Float32Array, from: PictureSize, to: PictureSize): Float32Array {
  const across = overlaps(from.width, to.width);
  const down = overlaps(from.height, to.height);
  const out = new Float32Array(to.width * to.height);
  const line = new Float64Array(to.width);
  for (let row = 0; row < to.height; row++) {
    line.fill(0);
    for (const [y, share] of down[row] ?? []) {
      for (let column = 0; column < to.width; column++) {
        let sum = 0;
        for (const [x, part] of across[column] ?? []) sum += part * (pixels[y * from.width + x] ?? 0);
        line[column] = (line[column] ?? 0) + share * sum;
      }
    }
    out.set(line, row * to.width);
  }
  return out;
}

/** In pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** For each new pixel along an axis, which old ones it covers and by how much; each list sums to 1. */
function overlaps(from: number, to: number): readonly (readonly (readonly [at: number, share: number])[])[] {
  const step = from / to;
  return Array.from({ length: to }, (_, pixel) => {
    const [start, end] = [pixel * step, (pixel + 1) * step];
    const covered: [number, number][] = [];
    for (let at = Math.floor(start); at < Math.min(from, Math.ceil(end)); at++) {
      const share = (Math.min(end, at + 1) - Math.max(start, at)) / step;
      if (share > 0) covered.push([at, share]);
    }
    return covered;
  });
}
