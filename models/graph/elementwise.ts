/** Operators that work number by number. Operands of different shapes combine by NumPy's rule. */
import { broadcastDims, sumTo } from './broadcast.ts';
import type { Gradient, Value } from './graph.ts';

/** A value, or a number that stands for a constant. */
export type Operand = Value | number;

/** a + b. */
export function add(a: Value, b: Operand): Value {
  return binary('Add', a, b, (dy) => [dy, dy]);
}

/** a - b. */
export function sub(a: Value, b: Operand): Value {
  return binary('Sub', a, b, (dy) => [dy, neg(dy)]);
}

/** a b. */
export function mul(a: Value, b: Operand): Value {
  return binary('Mul', a, b, (dy, x, y) => [mul(dy, y), mul(dy, x)]);
}

/** a / b. */
export function div(a: Value, b: Operand): Value {
  return binary('Div', a, b, (dy, x, y) => [div(dy, y), neg(div(mul(dy, x), mul(y, y)))]);
}

/** -x. */
export function neg(x: Value): Value {
  return unary('Neg', x, (dy) => neg(dy));
}

/** e^x. */
export function exp(x: Value): Value {
  const y: Value = unary('Exp', x, (dy) => mul(dy, y));
  return y;
}

/** Natural logarithm. */
export function log(x: Value): Value {
  return unary('Log', x, (dy) => div(dy, x));
}

/** Square root. */
export function sqrt(x: Value): Value {
  const y: Value = unary('Sqrt', x, (dy) => div(dy, mul(y, 2)));
  return y;
}

/** x². */
export function square(x: Value): Value {
  return mul(x, x);
}

/** max(x, 0). */
export function relu(x: Value): Value {
  // 1 where y is above 0: a hard sigmoid this steep is a step, and ONNX Runtime's Sign runs on one thread.
  const y: Value = unary('Relu', x, (dy) =>
    mul(dy, y.graph.node('HardSigmoid', [y], y.dims, { attributes: { alpha: { float: 1e38 }, beta: { float: 0 } } })),
  );
  return y;
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: Value): Value {
  const y: Value = unary('Sigmoid', x, (dy) => mul(dy, mul(y, sub(neg(y), -1))));
  return y;
}

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  const y: Value = unary('Tanh', x, (dy) => mul(dy, sub(neg(mul(y, y)), -1)));
  return y;
}

/** x sigmoid(x), also called swish. */
export function silu(x: Value): Value {
  return mul(x, sigmoid(x));
}

/** x Phi(x), Phi the normal distribution function; exact, not by tanh (Hendrycks and Gimpel 2016). */
export function gelu(x: Value): Value {
  return unary('Gelu', x, (dy) => {
    const distribution = mul(add(unary('Erf', mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(dy, add(distribution, mul(x, density)));
  });
}

/** x, but not below `low` nor above `high`. */
export function clip(x: Value, low: number, high: number): Value {
  return x.graph.node('Clip', [x, operand(x, low), operand(x, high)], x.dims, {
    gradient: (dy) => [mul(dy, mul(above(x, low), sub(neg(above(x, high)), -1))), null, null],
  });
}

/** The largest integer that is not above x. No gradient flows. */
export function floor(x: Value): Value {
  return unary('Floor', x);
}

/** ln(1 + e^x), without overflow. */
export function softplus(x: Value): Value {
  return unary('Softplus', x, (dy) => mul(dy, sigmoid(x)));
}

/** Where x > threshold: 1, elsewhere 0. No gradient flows. */
export function above(x: Value, threshold: Operand): Value {
  const compared = x.graph.node('Greater', [x, operand(x, threshold)], broadcastDims(x.dims, dimsOf(threshold)), {
    type: 'bool',
  });
  return x.graph.node('Cast', [compared], compared.dims, { type: 'float32', attributes: { to: { int: 1 } } });
}

/** A number as a value of the same graph. */
function operand(like: Value, b: Operand): Value {
  return typeof b === 'number' ? like.graph.constant(Float32Array.of(b), []) : b;
}

function dimsOf(b: Operand): Value['dims'] {
  return typeof b === 'number' ? [] : b.dims;
}

function unary(op: string, x: Value, gradient?: (dy: Value) => Value): Value {
  const back: Gradient | undefined = gradient && ((dy) => [gradient(dy)]);
  return x.graph.node(op, [x], x.dims, back && { gradient: back });
}

function binary(
  op: string,
  a: Value,
  b: Operand,
  gradient: (dy: Value, a: Value, b: Value) => readonly [Value, Value],
): Value {
  const y = operand(a, b);
  return a.graph.node(op, [a, y], broadcastDims(a.dims, y.dims), {
    gradient: (dy) => {
      const [da, db] = gradient(dy, a, y);
      return [sumTo(da, a.dims), typeof b === 'number' ? null : sumTo(db, y.dims)];
    },
  });
}
