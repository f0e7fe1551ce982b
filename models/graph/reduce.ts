/** Sums and means over axes. */
import { div, exp, mul, sub } from './elementwise.ts';
import type { Dim, Value } from './graph.ts';
import { expandLike, int64, reshape } from './layout.ts';

/** Which axes are reduced, and whether they stay as sides of 1. */
export interface ReduceOptions {
  /** Default: all. */
  readonly axes?: readonly number[];
  /** Default false. */
  readonly keep?: boolean;
}

/** Sum over axes. */
export function sum(x: Value, options: ReduceOptions = {}): Value {
  return reduce('ReduceSum', x, options, (dy) => expandLike(dy, x));
}

/** Mean over axes. */
export function mean(x: Value, options: ReduceOptions = {}): Value {
  return reduce('ReduceMean', x, options, (dy) => {
    // The count is only known when the graph runs: it is the mean's own gradient of a sum of ones.
    const sizes = (options.axes ?? x.dims.map((_, axis) => axis)).map((axis) => x.dims[axis] ?? 1);
    if (sizes.every((side) => typeof side === 'number'))
      return expandLike(mul(dy, 1 / sizes.reduce((product, side) => product * side, 1)), x);
    const ones = expandLike(x.graph.constant(Float32Array.of(1), []), x);
    const count = reduce('ReduceSum', ones, { ...options, keep: true });
    return expandLike(div(dy, count), x);
  });
}

/** Softmax over one axis (counted from 0). */
export function softmax(x: Value, axis: number): Value {
  const y: Value = x.graph.node('Softmax', [x], x.dims, {
    attributes: { axis: { int: axis } },
    gradient: (dy) => {
      const weighted = mul(dy, y);
      return [sub(weighted, mul(y, sum(weighted, { axes: [axis], keep: true })))];
    },
  });
  return y;
}

/** Logarithm of the softmax over one axis (counted from 0). */
export function logSoftmax(x: Value, axis: number): Value {
  const y: Value = x.graph.node('LogSoftmax', [x], x.dims, {
    attributes: { axis: { int: axis } },
    gradient: (dy) => [sub(dy, mul(exp(y), sum(dy, { axes: [axis], keep: true })))],
  });
  return y;
}

function reduce(op: string, x: Value, { axes, keep = false }: ReduceOptions, gradient?: (dy: Value) => Value): Value {
  const over = axes ?? x.dims.map((_, axis) => axis);
  const kept: Dim[] = x.dims.map((side, axis) => (over.includes(axis) ? 1 : side));
  const dims = keep ? kept : x.dims.filter((_, axis) => !over.includes(axis));
  return x.graph.node(op, [x, int64(x, over)], dims, {
    attributes: { keepdims: { int: keep ? 1 : 0 } },
    ...(gradient && { gradient: (dy: Value) => [gradient(keep ? dy : reshape(dy, kept)), null] }),
  });
}
