/** The layers that the networks share, and how their weights start. */
import { conv, type ConvOptions } from '../graph/conv.ts';
import { add } from '../graph/elementwise.ts';
import type { Initial, Value } from '../graph/graph.ts';
import { fixedSide } from '../graph/layout.ts';
import { matmul } from '../graph/matmul.ts';
import { zeros } from '../graph/normalise.ts';
import { gaussian } from '../../src/core/random.ts';

/** Normal numbers with variance 2 / inputs, for layers that a ReLU follows (He et al. 2015). */
function he(inputs: number): Initial {
  return normal(Math.sqrt(2 / inputs));
}

/** Normal numbers with variance 2 / (inputs + outputs) (Glorot and Bengio 2010). */
function glorot(inputs: number, outputs: number): Initial {
  return normal(Math.sqrt(2 / (inputs + outputs)));
}

/** Normal numbers around 0. */
export function normal(deviation: number): Initial {
  return (size, random) => Float32Array.from({ length: size }, () => deviation * gaussian(random));
}

/**
 * x W + b over the last axis.
 * @param name of its weights `.weight` [in, out] and `.bias` [out].
 */
export function linear(x: Value, name: string, width: number, initial?: Initial): Value {
  const inputs = fixedSide(x, x.dims.length - 1);
  const weight = x.graph.parameter(`${name}.weight`, [inputs, width], initial ?? glorot(inputs, width));
  return add(matmul(x, weight), x.graph.parameter(`${name}.bias`, [width], zeros));
}

/**
 * Convolution without bias, as a batch normalisation follows.
 * @param name of its weight `.weight` [channels, in, kernel(, kernel)].
 */
export function convolution(
  x: Value,
  name: string,
  channels: number,
  kernel: number,
  options: ConvOptions = {},
): Value {
  const inputs = fixedSide(x, 1);
  const sides = x.dims.slice(2).map(() => kernel);
  const fan = sides.reduce((product, side) => product * side, inputs);
  return conv(x, x.graph.parameter(`${name}.weight`, [channels, inputs, ...sides], he(fan)), options);
}
