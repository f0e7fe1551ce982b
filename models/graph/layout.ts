/** Operators that move numbers without changing them. */
import type { Dim, Value } from './graph.ts';

/** Integers as ONNX wants shapes and axes. */
export function int64(x: Value, values: readonly number[]): Value {
  return x.graph.constant(BigInt64Array.from(values, BigInt), [values.length]);
}

/** The shape of `x` as the graph runs: int64 [rank]. */
function shapeOf(x: Value): Value {
  return x.graph.node('Shape', [x], [x.dims.length], { type: 'int64' });
}

/** Repeat `x` to the shape that `like` has; sides of `x` are those of `like` or 1. No gradient. */
export function expandLike(x: Value, like: Value): Value {
  return x.graph.node('Expand', [x, shapeOf(like)], like.dims);
}

/** The same numbers, through which no gradient flows: a constant to whatever follows. */
export function detach(x: Value): Value {
  return x.graph.node('Identity', [x], x.dims);
}

/** The same value, one of its sides without a number called `name` from here on: how an output's sides get plain names. */
export function named(x: Value, axis: number, name: string): Value {
  if (typeof x.dims[axis] !== 'string') throw new RangeError(`side ${axis} of [${x.dims.join(', ')}] has a number`);
  return { ...x, dims: replaced(x.dims, axis, name) };
}

/** 0, 1, 2 ... along a side of `x`, as the graph runs: float32 [side]. No gradient. */
export function positions(x: Value, axis: number): Value {
  const { graph } = x;
  const scalar = (n: number): Value => graph.constant(BigInt64Array.of(BigInt(n)), []);
  const length = graph.node('Gather', [shapeOf(x), scalar(axis)], [], { type: 'int64' });
  const counted = graph.node('Range', [scalar(0), length, scalar(1)], [x.dims[axis] ?? 1], { type: 'int64' });
  return graph.node('Cast', [counted], counted.dims, { type: 'float32', attributes: { to: { int: 1 } } });
}

/** Whole numbers of float32 as `gather` wants them: int64. */
export function indices(x: Value): Value {
  return x.graph.node('Cast', [x], x.dims, { type: 'int64', attributes: { to: { int: 7 } } });
}

/**
 * The same numbers in another shape. A named side keeps its place, or is the only one whose size is worked out.
 * @throws RangeError when the sizes cannot agree.
 * @example reshape(x, ['n', 8, 16]) // x is [n, 128]
 */
export function reshape(x: Value, dims: readonly Dim[]): Value {
  const known = (sides: readonly Dim[]): number =>
    sides.reduce<number>((product, side) => product * (typeof side === 'number' ? side : 1), 1);
  const names = (sides: readonly Dim[]): Dim[] => sides.filter((side) => typeof side === 'string').toSorted();
  if (names(x.dims).join() === names(dims).join() && known(x.dims) !== known(dims))
    throw new RangeError(`[${x.dims.join(', ')}] cannot be reshaped to [${dims.join(', ')}]`);
  const sizes = dims.map((side, axis) => (typeof side === 'number' ? side : x.dims[axis] === side ? 0 : -1));
  if (sizes.filter((size) => size === -1).length > 1)
    throw new RangeError(`more than one side of [${dims.join(', ')}] would have to be worked out`);
  return x.graph.node('Reshape', [x, int64(x, sizes)], dims, {
    // By the shape that runs: two named sides may have become one.
    gradient: (dy) => [x.graph.node('Reshape', [dy, shapeOf(x)], x.dims), null],
  });
}

/** Axes in another order: side i of the result is side `order[i]` of `x`. */
export function transpose(x: Value, order: readonly number[]): Value {
  const back = order.map((_, axis) => order.indexOf(axis));
  return x.graph.node(
    'Transpose',
    [x],
    order.map((axis) => x.dims[axis] ?? 1),
    { attributes: { perm: { ints: order } }, gradient: (dy) => [transpose(dy, back)] },
  );
}

/**
 * Join along an axis; the other sides agree. With a named side along the axis there is no gradient.
 * @throws RangeError for no values.
 */
export function concat(values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (!first) throw new RangeError('nothing to join');
  return first.graph.node('Concat', values, replaced(first.dims, axis, joined(values, axis)), {
    attributes: { axis: { int: axis } },
    gradient: (dy) => {
      const sizes = values.map((value) => fixedSide(value, axis));
      const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
      return values.map((_, i) => slice(dy, axis, starts[i] ?? 0, (starts[i] ?? 0) + (sizes[i] ?? 0)));
    },
  });
}

/** The side that several make end to end; of one without a number, a name of its own. */
function joined(values: readonly Value[], axis: number): Dim {
  const sides = values.map((value) => value.dims[axis] ?? 1);
  return sides.every((side) => typeof side === 'number') ? sides.reduce((sum, side) => sum + side, 0) : sides.join('+');
}

/**
 * Part of an axis: `from` to before `to`, each `step`-th.
 * @throws RangeError for a part that is empty or outside.
 */
export function slice(x: Value, axis: number, from: number, to: number, step = 1): Value {
  const size = fixedSide(x, axis);
  if (!(from >= 0 && to <= size && from < to && step >= 1))
    throw new RangeError(`${from} to ${to} by ${step} is not a part of a side of ${size}`);
  const length = Math.ceil((to - from) / step);
  return x.graph.node(
    'Slice',
    [x, int64(x, [from]), int64(x, [to]), int64(x, [axis]), int64(x, [step])],
    replaced(x.dims, axis, length),
    {
      gradient: (dy) => [place(dy, x, { axis, from, step }), null, null, null, null],
    },
  );
}

/** `dy` at the places from which a slice was taken, zeros elsewhere. */
function place(dy: Value, x: Value, { axis, from, step }: { axis: number; from: number; step: number }): Value {
  const size = fixedSide(x, axis);
  let spread = dy;
  let length = fixedSide(dy, axis);
  if (step > 1) {
    // Zeros between the numbers: a new inner axis, padded and folded back.
    const inner = [...dy.dims.slice(0, axis + 1), 1, ...dy.dims.slice(axis + 1)];
    const padded = pad(reshape(dy, inner), axis + 1, 0, step - 1);
    spread = reshape(padded, replaced(dy.dims, axis, length * step));
    length *= step;
    if (from + length > size) {
      spread = slice(spread, axis, 0, size - from);
      length = size - from;
    }
  }
  return pad(spread, axis, from, size - from - length);
}

/** Zeros before and after, along one axis. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  if (before === 0 && after === 0) return x;
  const size = fixedSide(x, axis);
  const sides = x.dims.map((_, i) => (i === axis ? before : 0)).concat(x.dims.map((_, i) => (i === axis ? after : 0)));
  return x.graph.node('Pad', [x, int64(x, sides)], replaced(x.dims, axis, size + before + after), {
    gradient: (dy) => [slice(dy, axis, before, before + size), null],
  });
}

/** Rows of a table by number: table [rows, width], indices int64 of any shape; the result is [...indices, width]. */
export function gather(table: Value, indices: Value): Value {
  const width = fixedSide(table, 1);
  return table.graph.node('Gather', [table, indices], [...indices.dims, width], {
    attributes: { axis: { int: 0 } },
    gradient: (dy) => {
      const { graph } = table;
      const zeros = graph.node('Mul', [table, graph.constant(Float32Array.of(0), [])], table.dims);
      const places = graph.node('Unsqueeze', [indices, int64(table, [indices.dims.length])], [...indices.dims, 1]);
      return [
        graph.node('ScatterND', [zeros, places, dy], table.dims, { attributes: { reduction: { string: 'add' } } }),
        null,
      ];
    },
  });
}

/** @throws RangeError when that side has no number yet. */
export function fixedSide(x: Value, axis: number): number {
  const side = x.dims[axis];
  if (typeof side !== 'number') throw new RangeError(`side ${axis} of [${x.dims.join(', ')}] has no number`);
  return side;
}

function replaced(dims: readonly Dim[], axis: number, side: Dim): Dim[] {
  return dims.map((old, i) => (i === axis ? side : old));
}
