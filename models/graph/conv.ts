/** Convolution over one axis (x [n, channels, length]) or two (x [n, channels, height, width]), with its gradients. */
import type { Dim, Value } from './graph.ts';
import { concat, fixedSide, int64, reshape, transpose } from './layout.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';

/** How a kernel moves. The same along every axis. */
export interface ConvOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the input. Default 0. */
  readonly padding?: number;
}

/**
 * Cross-correlation of `x` with kernels `w` [out, in, k] or [out, in, k, k]; no bias. A side that has no number yet stays
 * as it is: the stride is 1 then, and the padding half the kernel.
 * @throws RangeError when the channels differ.
 * @example conv(x, w, { stride: 2, padding: 1 }) // [n, 1, 48, 48] by [32, 1, 3, 3] is [n, 32, 24, 24]
 */
export function conv(x: Value, w: Value, { stride = 1, padding = 0 }: ConvOptions = {}): Value {
  const spatial = spatialAxes(x);
  if (x.dims.length !== w.dims.length || x.dims[1] !== w.dims[1])
    throw new RangeError(`a kernel of [${w.dims.join(', ')}] does not fit an input of [${x.dims.join(', ')}]`);
  const sizes = spatial.map((axis): Dim => {
    if (typeof x.dims[axis] === 'string' && stride === 1 && 2 * padding + 1 === w.dims[axis]) return x.dims[axis];
    return Math.floor((fixedSide(x, axis) + 2 * padding - fixedSide(w, axis)) / stride) + 1;
  });
  return x.graph.node('Conv', [x, w], [x.dims[0] ?? 'n', w.dims[0] ?? 1, ...sizes], {
    attributes: windowAttributes(spatial.length, stride, padding),
    gradient: (dy) => [inputGradient(dy, x, w, stride, padding), kernelGradient(dy, x, w, stride, padding)],
  });
}

/** Where the stride is 1 a convolution with the turned kernel is a third faster than ConvTranspose. */
function inputGradient(dy: Value, x: Value, w: Value, stride: number, padding: number): Value {
  const spatial = spatialAxes(x);
  const sides = spatial.map((axis) => fixedSide(w, axis));
  const [side = 1] = sides;
  if (stride === 1 && sides.every((other) => other === side) && padding < side) {
    const exchanged = transpose(w, [1, 0, ...spatial]);
    const ends = spatial.map(() => Number.MIN_SAFE_INTEGER);
    const turned = w.graph.node(
      'Slice',
      [
        exchanged,
        int64(
          w,
          spatial.map(() => -1),
        ),
        int64(w, ends),
        int64(w, spatial),
        int64(
          w,
          spatial.map(() => -1),
        ),
      ],
      exchanged.dims,
    );
    return x.graph.node('Conv', [dy, turned], x.dims, {
      attributes: windowAttributes(spatial.length, 1, side - 1 - padding),
    });
  }
  const short = spatial.map(
    (axis, i) => fixedSide(x, axis) + 2 * padding - (sides[i] ?? 1) - (fixedSide(dy, axis) - 1) * stride,
  );
  return x.graph.node('ConvTranspose', [dy, w], x.dims, {
    attributes: { ...windowAttributes(spatial.length, stride, padding), output_padding: { ints: short } },
  });
}

/** Below this many places a picture, one long product over all pictures beats one short product for each. */
const SMALL = 64;

/** One matrix product for each place of the kernel, over the input shifted to that place. */
function kernelGradient(dy: Value, x: Value, w: Value, stride: number, padding: number): Value {
  const spatial = spatialAxes(x);
  const places = spatial.reduce((product, axis) => product * fixedSide(dy, axis), 1);
  const [n = 'n', channelsOut = 1] = dy.dims;
  const channelsIn = x.dims[1] ?? 1;
  const together = places < SMALL;
  const swap = [1, 0, ...spatial];
  const rows = typeof n === 'number' ? n * places : `${n}*${places}`;
  const flow = together ? reshape(transpose(dy, swap), [channelsOut, rows]) : reshape(dy, [n, channelsOut, places]);
  const source = together ? transpose(x, swap) : x;
  const padded = padAround(source, spatial, padding);
  const taps = offsets(spatial.map((axis) => fixedSide(w, axis))).map((offset) => {
    const shifted = strided(padded, dy, spatial, offset, stride);
    const product = together
      ? matmul(flow, reshape(shifted, [channelsIn, rows]), { transposeB: true })
      : sum(matmul(flow, reshape(shifted, [n, channelsIn, places]), { transposeB: true }), { axes: [0] });
    return reshape(product, [channelsOut, channelsIn, 1]);
  });
  return reshape(concat(taps, 2), w.dims);
}

/** Zeros on both sides of several axes at once. */
function padAround(x: Value, axes: readonly number[], padding: number): Value {
  if (padding === 0) return x;
  const sides = x.dims.map((_, axis) => (axes.includes(axis) ? padding : 0));
  const dims = x.dims.map((side, axis) => (axes.includes(axis) ? fixedSide(x, axis) + 2 * padding : side));
  return x.graph.node('Pad', [x, int64(x, [...sides, ...sides])], dims);
}

/** The numbers that one place of the kernel sees: as many along each axis as `dy` has, `stride` apart. */
function strided(x: Value, dy: Value, axes: readonly number[], offset: readonly number[], stride: number): Value {
  const ends = axes.map((axis, i) => (offset[i] ?? 0) + (fixedSide(dy, axis) - 1) * stride + 1);
  const steps = axes.map(() => stride);
  const dims = x.dims.map((side, axis) => (axes.includes(axis) ? fixedSide(dy, axis) : side));
  return x.graph.node('Slice', [x, int64(x, offset), int64(x, ends), int64(x, axes), int64(x, steps)], dims);
}

function spatialAxes(x: Value): number[] {
  return x.dims.slice(2).map((_, i) => i + 2);
}

function windowAttributes(rank: number, stride: number, padding: number) {
  return { strides: { ints: Array<number>(rank).fill(stride) }, pads: { ints: Array<number>(2 * rank).fill(padding) } };
}

/** All places of a kernel, row by row. */
function offsets(sides: readonly number[]): number[][] {
  return sides.reduce<number[][]>(
    (all, side) => all.flatMap((offset) => Array.from({ length: side }, (_, i) => [...offset, i])),
    [[]],
  );
}
