/** Convolution over one axis (x [n, channels, length]) or two (x [n, channels, height, width]), with its gradients. */
import type { Dim, Value } from './graph.ts';
import { concat, fixedSide, int64, pad, reshape, slice, transpose } from './layout.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduce.ts';

/** How a kernel moves. The same along every axis. */
export interface ConvOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the input. Default 0. */
  readonly padding?: number;
}

/** How a kernel moves that need not be learned from here. */
export interface ServingConvOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Zeros before and after the input, along every axis. Default none. */
  readonly padding?: readonly [before: number, after: number];
  /** Channels fall into so many groups, each of which sees only its own. Default 1. */
  readonly groups?: number;
  /** [out]; added to every place. */
  readonly bias?: Value;
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

/**
 * Cross-correlation as `conv`, for networks that were trained elsewhere: with a bias, in groups, by a padding of two sides, and
 * over sides that have no number yet. It has no gradient: whoever asks for one is refused.
 * @throws RangeError when the channels differ, or do not fall into the groups.
 * @example servingConv(x, w, { stride: 5, bias }) // [n, 1, length] by [512, 1, 10] is [n, 512, 'conv(length)']
 */
export function servingConv(
  x: Value,
  w: Value,
  { stride = 1, padding = [0, 0], groups = 1, bias }: ServingConvOptions = {},
): Value {
  const [out = 1, each = 1] = w.dims;
  if (x.dims.length !== w.dims.length || x.dims[1] !== Number(each) * groups || Number(out) % groups !== 0)
    throw new RangeError(
      `a kernel of [${w.dims.join(', ')}] in ${groups} groups does not fit an input of [${x.dims.join(', ')}]`,
    );
  const spatial = spatialAxes(x);
  const spread = padding[0] + padding[1];
  const sizes = spatial.map((axis): Dim => {
    const side = x.dims[axis] ?? 1;
    if (typeof side === 'number') return Math.floor((side + spread - fixedSide(w, axis)) / stride) + 1;
    return stride === 1 && spread + 1 === w.dims[axis] ? side : `conv(${side})`;
  });
  const pads = padding.flatMap((side) => spatial.map(() => side));
  return x.graph.node('Conv', bias ? [x, w, bias] : [x, w], [x.dims[0] ?? 'n', out, ...sizes], {
    attributes: { strides: { ints: spatial.map(() => stride) }, pads: { ints: pads }, group: { int: groups } },
    gradient: () => {
      throw new RangeError('this convolution only serves: build the network that learns with conv');
    },
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

/**
 * One matrix product for each place of the kernel, over the input shifted to that place.
 *
 * ONNX Runtime copies what a shift picks on one thread, and row by row. So that a shift is one run of numbers, the padded
 * input is split into the planes that a stride steps over, and a plane is flat; `dy` gets columns of zeros up to a plane's
 * width, so that what a shift reads beyond the end of a row counts for nothing.
 */
function kernelGradient(dy: Value, x: Value, w: Value, stride: number, padding: number): Value {
  const spatial = spatialAxes(x);
  const [n = 'n', channelsOut = 1] = dy.dims;
  const channelsIn = fixedSide(x, 1);
  const kernel = spatial.map((axis) => fixedSide(w, axis));
  const out = spatial.map((axis) => fixedSide(dy, axis));
  const together = known(out) < SMALL;
  const order = together ? [1, 0, ...spatial] : undefined;
  const [source, flow] = order ? [transpose(x, order), transpose(dy, order)] : [x, dy];

  const reach = kernel.map((side) => Math.floor((side - 1) / stride));
  const sides = out.map((side, i) => side + (reach[i] ?? 0));
  const [width = 1] = sides.slice(1);
  const length = (out[0] ?? 1) * width;
  const plane = { sides, stride, padding, spare: (reach[1] ?? 0) > 0 ? 1 : 0 };
  const wide = spatial.length === 1 ? flow : pad(flow, 3, 0, reach[1] ?? 0);
  const rows = typeof n === 'number' ? n * length : `${n}*${length}`;
  const flat = reshape(wide, together ? [channelsOut, rows] : [n, channelsOut, length]);
  const planeAt = planesOf(source, plane);
  const taps = offsets(kernel).map((offset) => {
    const [row = 0, column = 0] = offset.map((place) => Math.floor(place / stride));
    const from = spatial.length === 1 ? row : row * width + column;
    const shifted = slice(planeAt(offset.map((place) => place % stride)), 2, from, from + length);
    const tap = together
      ? matmul(flat, reshape(shifted, [channelsIn, rows]), { transposeB: true })
      : sum(matmul(flat, shifted, { transposeB: true }), { axes: [0] });
    return reshape(tap, [channelsOut, channelsIn, 1]);
  });
  return reshape(concat(taps, 2), w.dims);
}

interface Planes {
  readonly sides: readonly number[];
  readonly stride: number;
  readonly padding: number;
  /** Rows after the last, in which the last row's shifts end. */
  readonly spare: number;
}

/** The padded input, every `stride`-th row and column of it from a phase on, flat: [n, channels, places]. */
function planesOf(x: Value, { sides, stride, padding, spare }: Planes): (phase: readonly number[]) => Value {
  const spatial = spatialAxes(x);
  const tall = sides.map((side, i) => (i === 0 ? side + spare : side));
  const after = spatial.map((axis, i) => (tall[i] ?? 1) * stride - fixedSide(x, axis) - padding);
  const dims = [x.dims[0] ?? 'n', x.dims[1] ?? 1];
  const pads = [0, 0, ...spatial.map(() => padding), 0, 0, ...after];
  const padded = x.graph.node('Pad', [x, int64(x, pads)], [...dims, ...tall.map((side) => side * stride)]);
  const flat = [...dims, known(tall)];
  if (stride === 1) return () => reshape(padded, flat);
  const made = new Map<string, Value>();
  return (phase) => {
    const found = made.get(phase.join());
    if (found) return found;
    const ends = tall.map((side) => side * stride);
    const steps = tall.map(() => stride);
    const picked = x.graph.node(
      'Slice',
      [padded, int64(x, phase), int64(x, ends), int64(x, spatial), int64(x, steps)],
      [...dims, ...tall],
    );
    const plane = reshape(picked, flat);
    made.set(phase.join(), plane);
    return plane;
  };
}

/** How many numbers sides hold; infinitely many where one has no number yet. */
function known(sides: readonly Dim[]): number {
  return sides.reduce<number>((all, side) => (typeof side === 'number' ? all * side : Infinity), 1);
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
