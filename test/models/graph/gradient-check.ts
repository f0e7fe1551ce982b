/** Compares gradients of the builder with finite differences, both computed by ONNX Runtime. */
import { gradients } from '../../../models/graph/differentiate.ts';
import { mul } from '../../../models/graph/elementwise.ts';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { sum } from '../../../models/graph/reduce.ts';
import { openNetwork } from '../../../models/runtime.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';

/** A tensor to check the gradient of: its sides, and its numbers where normal ones will not do. */
export interface Operand {
  readonly dims: readonly number[];
  readonly data?: readonly number[];
}

/** Large, so that losses of 32 bits still tell three digits; the difference below is of fourth order. */
const STEP = 1e-2;

/** Two differences of a smooth function this small agree better than so; across a kink of a ReLU they do not. */
const KINK = 3e-3;

/** Most numbers that may be passed over for lying beside a kink, as a share. */
const MOST_KINKS = 0.1;

/**
 * The largest error of the gradient of sum(c f(...)), with fixed random c, by operands and by parameters that f makes;
 * relative to the finite difference where that is above 1.
 * @param kinks whether numbers beside a kink are passed over, where no difference tells the gradient. Default false.
 * @throws RangeError when more than a tenth would be.
 */
export async function gradientError(
  operands: readonly Operand[],
  f: (...values: Value[]) => Value,
  { kinks = false }: { readonly kinks?: boolean } = {},
): Promise<number> {
  const graph = createGraph({ mode: 'train' });
  const inputs = operands.map(({ dims }, i) => graph.input(`x${i}`, dims));
  const y = f(...inputs);
  const loss = sum(mul(y, graph.constant(normalNumbers(y.dims.map(Number), 'weights'), y.dims.map(Number))));
  const parameters = [...graph.parameters.values()].map(({ value }) => value);
  const prelude = parameters.map((parameter, i) => ({
    op: 'Identity',
    inputs: [graph.input(`x${inputs.length + i}`, parameter.dims).name],
    outputs: [parameter.name],
  }));
  const leaves = [...inputs, ...parameters];
  const found = gradients(loss, leaves);
  const data = leaves.map(({ dims }, i) =>
    Float32Array.from(operands[i]?.data ?? normalNumbers(dims.map(Number), `operand ${i}`)),
  );
  const shapes = leaves.map(({ dims }) => dims.map(Number));
  const outputs = found.flatMap((gradient, i) => (gradient ? [[`d${i}`, gradient] as const] : []));

  const network = await openNetwork({
    name: 'gradient check',
    bytes: encodeGraph(graph, { loss, ...Object.fromEntries(outputs) }, { name: 'check', prelude }),
    contract: {
      inputs: Object.fromEntries(shapes.map((dims, i) => [`x${i}`, dims])),
      outputs: { loss: [], ...Object.fromEntries(outputs.map(([name, { dims }]) => [name, dims.map(Number)])) },
    },
  });
  const run = (values: readonly Float32Array[], wanted?: readonly string[]) =>
    network.run(
      Object.fromEntries(values.map((numbers, i) => [`x${i}`, { data: numbers, dims: shapes[i] ?? [] }])),
      wanted,
    );
  const lossAt = async (i: number, k: number, shift: number): Promise<number> => {
    const moved = data.map((numbers, j) =>
      j === i ? numbers.map((number, at) => (at === k ? number + shift : number)) : numbers,
    );
    return (await run(moved, ['loss']))['loss']?.data[0] ?? NaN;
  };
  try {
    const analytic = await run(data);
    let worst = 0;
    let passedOver = 0;
    for (const [i, numbers] of data.entries())
      for (const k of numbers.keys()) {
        const near = (await lossAt(i, k, STEP)) - (await lossAt(i, k, -STEP));
        const far = (await lossAt(i, k, 2 * STEP)) - (await lossAt(i, k, -2 * STEP));
        if (kinks && Math.abs(near / (2 * STEP) - far / (4 * STEP)) > KINK) {
          passedOver++;
          continue;
        }
        const numeric = (8 * near - far) / (12 * STEP);
        const gradient = analytic[`d${i}`]?.data[k] ?? 0;
        const error = Math.abs(gradient - numeric) / Math.max(1, Math.abs(numeric));
        worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
      }
    const numbers = data.reduce((sum, { length }) => sum + length, 0);
    if (passedOver > MOST_KINKS * numbers)
      throw new RangeError(`${passedOver} of ${numbers} numbers lie beside a kink`);
    return worst;
  } finally {
    await network.close();
  }
}

function normalNumbers(dims: readonly number[], name: string): Float32Array {
  const random = randomStream(name);
  return Float32Array.from({ length: dims.reduce((product, side) => product * side, 1) }, () => gaussian(random));
}
