/** How shapes of operands combine, and how a gradient returns to the smaller of them. */
import type { Dim, Value } from './graph.ts';
import { int64, reshape } from './layout.ts';

/**
 * The shape of an elementwise result (NumPy's rule).
 * @throws RangeError where two sides differ and neither is 1.
 */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new RangeError(`[${a.join(', ')}] and [${b.join(', ')}] cannot be combined element by element`);
    return x === 1 ? y : x;
  });
}

/** Sum `dy` over the axes along which an operand of shape `dims` was repeated. */
export function sumTo(dy: Value, dims: readonly Dim[]): Value {
  const extra = dy.dims.length - dims.length;
  const axes = dy.dims.flatMap((side, axis) =>
    axis < extra || (dims[axis - extra] === 1 && side !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return dy;
  const kept = dy.dims.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const summed = dy.graph.node('ReduceSum', [dy, int64(dy, axes)], kept, { attributes: { keepdims: { int: 1 } } });
  return extra === 0 ? summed : reshape(summed, dims);
}
