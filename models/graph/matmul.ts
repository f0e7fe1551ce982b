/** Matrix products. */
import { broadcastDims, sumTo } from './broadcast.ts';
import type { Dim, Value } from './graph.ts';
import { reshape } from './layout.ts';

/** Which operands are taken with their last two axes exchanged. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Matrix product over the last two axes; the leading ones combine by NumPy's rule.
 * @throws RangeError when the inner sides differ.
 * @example matmul(x, w) // [n, t, 64] by [64, 32] is [n, t, 32]
 */
export function matmul(a: Value, b: Value, { transposeA = false, transposeB = false }: MatMulOptions = {}): Value {
  const [rows, inner] = lastTwo(a, transposeA);
  const [innerB, columns] = lastTwo(b, transposeB);
  if (inner !== innerB)
    throw new RangeError(`matmul of [${a.dims.join(', ')}] by [${b.dims.join(', ')}]: ${inner} is not ${innerB}`);
  const dims = [...broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2)), rows, columns];
  // A weight under a batch of rows is one product over all rows, not one for each item of the batch. Of two sides without
  // a number the shape could not be worked out again.
  const open = a.dims.slice(0, -1).filter((side) => typeof side === 'string').length;
  if (b.dims.length === 2 && a.dims.length > 2 && !transposeA && open < 2) return flattened(a, b, dims, { transposeB });
  return product(a, b, dims, { transposeA, transposeB });
}

function flattened(a: Value, b: Value, dims: readonly Dim[], options: MatMulOptions): Value {
  const rows = joined(a.dims.slice(0, -1));
  const inner = a.dims.at(-1) ?? 1;
  const columns = dims.at(-1) ?? 1;
  return reshape(product(reshape(a, [rows, inner]), b, [rows, columns], options), dims);
}

/** One side instead of several; its name says which. */
function joined(sides: readonly Dim[]): Dim {
  return sides.every((side) => typeof side === 'number') ? sides.reduce((x, y) => x * y, 1) : sides.join('*');
}

function product(
  a: Value,
  b: Value,
  dims: readonly Dim[],
  { transposeA = false, transposeB = false }: MatMulOptions,
): Value {
  const plain = !transposeA && !transposeB;
  return a.graph.node(plain ? 'MatMul' : 'FusedMatMul', [a, b], dims, {
    ...(!plain && {
      domain: 'com.microsoft',
      attributes: { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } },
    }),
    gradient: (dy) => {
      const da = transposeA
        ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
        : matmul(dy, b, { transposeB: !transposeB });
      const db = transposeB
        ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, dy, { transposeA: !transposeA });
      return [sumTo(da, a.dims), sumTo(db, b.dims)];
    },
  });
}

function lastTwo(x: Value, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = [x.dims.at(-2), x.dims.at(-1)];
  if (rows === undefined || columns === undefined) throw new RangeError(`[${x.dims.join(', ')}] is not a matrix`);
  return transposed ? [columns, rows] : [rows, columns];
}
