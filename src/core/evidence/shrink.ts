/** Pictures made small enough to be kept for reviewers. */
import type { VideoFrame } from '../../domain.ts';

/** Longest side of a picture that is kept, in pixels: a face is still read well, and a second of pictures is under 1.2 MB. */
export const KEPT_SIDE_PX = 384;

/**
 * A copy, in memory of its own, whose longest side is at most `longestPx` and whose sides are even. Each pixel is the mean of
 * a square of n x n pixels, with the least n that will do (a box filter: nothing flickers that did not); with n = 1 the
 * picture is copied as it is. What does not fill a square at the right and lower edge is left out. A strip that would become
 * narrower than two pixels stays longer.
 * @example const kept = shrink(frame); // 640 x 480 -> 320 x 240
 */
export function shrink(frame: VideoFrame, longestPx = KEPT_SIDE_PX): VideoFrame {
  const { width, height, data } = frame;
  const narrow = Math.max(1, Math.floor(Math.min(width, height) / 2));
  const n = Math.min(narrow, Math.ceil(Math.max(width, height) / longestPx));
  const [toWidth, toHeight] = [evenPart(width, n), evenPart(height, n)];
  const out = new Uint8Array(toWidth * toHeight * 1.5);
  const chromaWidth = (width + 1) >> 1;
  const planes = [
    { from: 0, stride: width, to: 0, width: toWidth, height: toHeight },
    ...[0, 1].map((plane) => ({
      from: width * height + plane * chromaWidth * ((height + 1) >> 1),
      stride: chromaWidth,
      to: toWidth * toHeight * (1 + plane / 4),
      width: toWidth / 2,
      height: toHeight / 2,
    })),
  ];
  for (const plane of planes) {
    if (n === 1) copy(data, out, plane);
    else average(data, out, plane, n);
  }
  return { ...frame, width: toWidth, height: toHeight, data: out };
}

/** One plane: where it lies in what comes and in what goes, in bytes, and its size as it goes. */
interface Plane {
  readonly from: number;
  readonly stride: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
}

function copy(data: Uint8Array, out: Uint8Array, { from, stride, to, width, height }: Plane): void {
  for (let y = 0; y < height; y++) {
    const row = from + y * stride;
    out.set(data.subarray(row, row + width), to + y * width);
  }
}

function average(data: Uint8Array, out: Uint8Array, { from, stride, to, width, height }: Plane, n: number): void {
  for (let y = 0; y < height; y++) {
    const row = { data, at: from + y * n * stride, stride, out: out.subarray(to + y * width, to + (y + 1) * width) };
    if (n === 2) halve(row);
    else if (n === 3) third(row);
    else reduce(row, n);
  }
}

/** One row of squares: where it begins, and the row that it becomes. */
interface Row {
  readonly data: Uint8Array;
  readonly at: number;
  readonly stride: number;
  readonly out: Uint8Array;
}

/** The two squares that cameras need are written out: five times quicker than the loop. */
function halve({ data, at, stride, out }: Row): void {
  for (let x = 0, a = at, b = at + stride; x < out.length; x++, a += 2, b += 2)
    out[x] = ((data[a] ?? 0) + (data[a + 1] ?? 0) + (data[b] ?? 0) + (data[b + 1] ?? 0) + 2) >> 2;
}

function third({ data, at, stride, out }: Row): void {
  for (let x = 0, a = at, b = at + stride, c = b + stride; x < out.length; x++, a += 3, b += 3, c += 3) {
    const upper = (data[a] ?? 0) + (data[a + 1] ?? 0) + (data[a + 2] ?? 0);
    const middle = (data[b] ?? 0) + (data[b + 1] ?? 0) + (data[b + 2] ?? 0);
    const lower = (data[c] ?? 0) + (data[c + 1] ?? 0) + (data[c + 2] ?? 0);
    // Divided by 9, in 1/65536: exact for sums of bytes.
    out[x] = ((upper + middle + lower) * 7282 + 32_768) >> 16;
  }
}

function reduce({ data, at, stride, out }: Row, n: number): void {
  for (let x = 0, corner = at; x < out.length; x++, corner += n) {
    let sum = 0;
    for (let row = corner; row < corner + n * stride; row += stride)
      for (let pixel = row; pixel < row + n; pixel++) sum += data[pixel] ?? 0;
    out[x] = sum / (n * n) + 0.5;
  }
}

/** The largest even number of squares of `n` pixels in a side. */
function evenPart(side: number, n: number): number {
  return 2 * Math.floor(side / (2 * n));
}
