/** Loss of sharpness: a lens out of focus, a face that filled few pixels of the webcam's picture. */
import { CROP_SIZE } from '../../faces/align.ts';

/** A linear filter along one line of 48 pixels: output i sums `taps` inputs from `first[i]`, edges folded in. */
interface LineFilter {
  readonly taps: number;
  readonly first: Uint8Array;
  /** [48, taps]. */
  readonly weights: Float32Array;
}

/**
 * Blur with a Gaussian, edges repeated, in place.
 * @param pixels [48, 48], row-major, overwritten.
 * @param sigmaPx standard deviation in 0.2 .. 3, taken to the nearest twentieth of a pixel.
 * @example blurFace(pixels, 0.8);
 */
export function blurFace(pixels: Float32Array, sigmaPx: number): void {
  const twentieths = Math.round(20 * sigmaPx);
  let filter = gaussians.get(twentieths);
  if (filter === undefined) gaussians.set(twentieths, (filter = banded(gaussian(twentieths / 20))));
  filterBothWays(pixels, filter);
}

/** [48, 48]: row i holds the weights of all inputs in output i. */
function gaussian(sigmaPx: number): Float64Array {
  const radius = Math.max(1, Math.ceil(2.5 * sigmaPx));
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigmaPx) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const dense = new Float64Array(CROP_SIZE * CROP_SIZE);
  for (let i = 0; i < CROP_SIZE; i++)
    kernel.forEach((weight, j) => {
      const from = Math.min(Math.max(i + j - radius, 0), CROP_SIZE - 1);
      const at = i * CROP_SIZE + from;
      dense[at] = (dense[at] ?? 0) + weight / total;
    });
  return dense;
}

/**
 * Shrink to `side` pixels by averaging areas and enlarge again by linear interpolation, in place: a far face.
 * @param pixels [48, 48], row-major, overwritten.
 * @param side integer in 4 .. 48; 48 changes nothing.
 * @example coarsenFace(pixels, 24);
 */
export function coarsenFace(pixels: Float32Array, side: number): void {
  let filter = coarse.get(side);
  if (filter === undefined) coarse.set(side, (filter = banded(shrinkAndEnlarge(side))));
  filterBothWays(pixels, filter);
}

/** Filters made so far, by twentieths of a pixel and by side: about a hundred at most, each some kilobytes. */
const gaussians = new Map<number, LineFilter>();
const coarse = new Map<number, LineFilter>();

function shrinkAndEnlarge(side: number): Float64Array {
  const ratio = CROP_SIZE / side;
  const dense = new Float64Array(CROP_SIZE * CROP_SIZE);
  const addCell = (i: number, cell: number, share: number) => {
    for (let from = 0; from < CROP_SIZE; from++) {
      const overlap = Math.min(from + 1, (cell + 1) * ratio) - Math.max(from, cell * ratio);
      if (overlap > 0) dense[i * CROP_SIZE + from] = (dense[i * CROP_SIZE + from] ?? 0) + (share * overlap) / ratio;
    }
  };
  for (let i = 0; i < CROP_SIZE; i++) {
    const place = Math.min(Math.max((i + 0.5) / ratio - 0.5, 0), side - 1);
    const cell = Math.floor(place);
    addCell(i, cell, 1 - (place - cell));
    if (cell + 1 < side) addCell(i, cell + 1, place - cell);
  }
  return dense;
}

function banded(dense: Float64Array): LineFilter {
  const rows = Array.from({ length: CROP_SIZE }, (_, i) => dense.subarray(i * CROP_SIZE, (i + 1) * CROP_SIZE));
  const starts = rows.map((row) => row.findIndex((weight) => weight !== 0));
  const taps = Math.max(...rows.map((row, i) => row.findLastIndex((weight) => weight !== 0) - (starts[i] ?? 0) + 1));
  const first = Uint8Array.from(starts, (start) => Math.min(start, CROP_SIZE - taps));
  const weights = new Float32Array(CROP_SIZE * taps);
  rows.forEach((row, i) => {
    const start = first[i] ?? 0;
    weights.set(row.subarray(start, start + taps), i * taps);
  });
  return { taps, first, weights };
}

const turned = new Float32Array(CROP_SIZE * CROP_SIZE);

function filterBothWays(pixels: Float32Array, filter: LineFilter): void {
  filterRowsAndTurn(pixels, filter, turned);
  filterRowsAndTurn(turned, filter, pixels);
}

/**
 * Rows of the input become columns of the output, so the same pass done twice filters both ways. Four rows at once, as
 * loading a weight costs as much as using it.
 */
function filterRowsAndTurn(from: Float32Array, { taps, first, weights }: LineFilter, to: Float32Array): void {
  for (let i = 0; i < CROP_SIZE; i++) {
    const start = first[i] ?? 0;
    for (let y = 0; y < CROP_SIZE; y += 4) {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let w = i * taps, at = y * CROP_SIZE + start; w < (i + 1) * taps; w++, at++) {
        const weight = weights[w] ?? 0;
        a += weight * (from[at] ?? 0);
        b += weight * (from[at + CROP_SIZE] ?? 0);
        c += weight * (from[at + 2 * CROP_SIZE] ?? 0);
        d += weight * (from[at + 3 * CROP_SIZE] ?? 0);
      }
      const out = i * CROP_SIZE + y;
      to[out] = a;
      to[out + 1] = b;
      to[out + 2] = c;
      to[out + 3] = d;
    }
  }
}
