/** What becomes of a network that is to compute in float16. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, div, gelu, mul } from '../../models/graph/elementwise.ts';
import { createGraph, type Value } from '../../models/graph/graph.ts';
import { matmul } from '../../models/graph/matmul.ts';
import { graphModel } from '../../models/graph/model.ts';
import { layerNorm } from '../../models/graph/normalise.ts';
import { softmax } from '../../models/graph/reduce.ts';
import { halfSums } from '../../models/half-trial.ts';
import { openNetwork } from '../../models/runtime.ts';
import { halfModel, type HalfWeights } from '../../models/toolkit/half-model.ts';
import { encodeOnnx, type OnnxModel } from '../../models/toolkit/onnx-writer.ts';
import { gaussian, randomStream } from '../../src/core/random.ts';

const SIDE = 8;
/** Steps of a network, each of [n, SIDE]. */
const STEPS: Readonly<Record<string, (x: Value, name: string) => Value>> = {
  product: (x, name) => matmul(x, weight(x, name)),
  twice: (x, name) => gelu(matmul(gelu(matmul(x, weight(x, `${name}.a`))), weight(x, `${name}.b`))),
  residual: (x, name) => add(x, matmul(x, weight(x, name))),
  shares: (x) => softmax(x, 1),
  mixed: (x, name) => matmul(softmax(x, 1), matmul(weight(x, `${name}.a`), weight(x, `${name}.b`))),
  gelu,
  halved: (x) => mul(x, 0.5),
  quotient: (x) => div(x, 3),
  norm: (x, name) => layerNorm(x, name),
};

function weight(x: Value, name: string): Value {
  return x.graph.parameter(name, [SIDE, SIDE], (size, random) =>
    Float32Array.from({ length: size }, () => gaussian(random) / Math.sqrt(SIDE)),
  );
}

/** A network of these steps that gives each of them; its weights are constants of the file. */
function network(steps: readonly string[]): OnnxModel {
  const graph = createGraph({ mode: 'train', frozen: () => true });
  const outputs: Record<string, Value> = {};
  let x = graph.input('x', ['n', SIDE]);
  steps.forEach((step, i) => {
    x = STEPS[step]?.(x, `w${i}`) ?? x;
    outputs[`y${i}`] = x;
  });
  return graphModel(graph, outputs, { name: 'steps' });
}

const ANY: HalfWeights = { kept: () => false, fits: () => true };

async function answers(model: OnnxModel, data: Float32Array): Promise<Record<string, readonly number[]>> {
  const sides = { outputs: Object.fromEntries(model.outputs.map(({ name }) => [name, ['n', SIDE]] as const)) };
  const contract = { inputs: { x: ['n', SIDE] as const }, outputs: sides.outputs as Record<string, ['n', number]> };
  const open = await openNetwork({ name: 'steps', bytes: encodeOnnx(model), contract });
  try {
    const results = await open.run({ x: { data, dims: [data.length / SIDE, SIDE] } });
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, [...result.data]]));
  } finally {
    await open.close();
  }
}

describe('a network that is to compute in float16', () => {
  it('takes and gives what it did, and nearly the same numbers', async () => {
    const random = randomStream('half');
    const data = Float32Array.from({ length: 3 * SIDE }, () => gaussian(random));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 6 }),
        async (steps) => {
          const model = network(steps);
          const half = halfModel(model, ANY);
          const hasProduct = steps.some((step) => ['product', 'twice', 'residual', 'mixed'].includes(step));
          expect(half !== null).toBe(hasProduct);
          if (!half) return;
          expect([half.inputs, half.outputs]).toEqual([model.inputs, model.outputs]);
          const [due, said] = [await answers(model, data), await answers(half, data)];
          for (const [name, numbers] of Object.entries(due)) {
            const most = Math.max(1, ...numbers.map(Math.abs));
            numbers.forEach((x, i) => expect(Math.abs(x - (said[name]?.[i] ?? NaN))).toBeLessThan(0.02 * most));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  const typesOf = (steps: readonly string[], weights = ANY) => {
    const half = halfModel(network(steps), weights);
    return half?.nodes.map(({ op, inputs }) => `${op}${inputs.some((name) => name.endsWith('.half')) ? ' half' : ''}`);
  };

  it('casts once what several need, and back only what is asked for in float32', () => {
    expect(typesOf(['twice'])).toEqual([
      ...['Cast', 'Cast', 'MatMul half', 'Gelu half', 'Cast', 'MatMul half', 'Gelu half', 'Identity half', 'Cast half'],
    ]);
  });

  it('keeps softmax, normalisation and sums with a float32 in float32', () => {
    const types = typesOf(['product', 'shares', 'residual', 'norm', 'quotient']) ?? [];
    for (const op of ['Softmax', 'Add', 'LayerNormalization', 'Div']) expect(types).toContain(op);
    expect(types.filter((type) => type === 'MatMul half')).toHaveLength(2);
  });

  it('keeps a product of two values in float32, but for shares', () => {
    const graph = createGraph({ mode: 'train', frozen: () => true });
    const x = graph.input('x', [SIDE, SIDE]);
    const scores = matmul(x, x);
    const mixed = matmul(softmax(scores, 1), x);
    const half = halfModel(graphModel(graph, { scores, mixed }, { name: 'attention' }), ANY);
    const products = half?.nodes.filter(({ op }) => op === 'MatMul').map(({ outputs }) => outputs[0]);
    expect(products).toEqual([scores.name, `${mixed.name}.half`]);
  });

  it('keeps in float32 what float16 cannot hold', () => {
    const graph = createGraph({ weights: 'later' });
    const x = graph.input('x', ['n', SIDE]);
    const y = matmul(matmul(x, weight(x, 'large')), weight(x, 'small'));
    const model = graphModel(graph, { y }, { name: 'large' });
    const half = halfModel(model, { kept: (name) => name === 'small', fits: (name) => name === 'small' });
    const products = half?.nodes.filter(({ op }) => op === 'MatMul').map(({ inputs }) => inputs);
    expect(products).toEqual([
      ['x', 'large'],
      [expect.stringMatching(/\.half$/), 'small.half'],
    ]);
    expect(halfModel(model, { kept: () => false, fits: () => false })).toBeNull();
  });
});

describe('a provider', () => {
  it('sums float16 well, roughly or not at all, which is tried once', async () => {
    expect(await halfSums('cpu')).toBe('fine');
    expect(halfSums('cpu')).toBe(halfSums('cpu'));
    // Without the libraries of CUDA it is no error to ask.
    expect(['none', 'rough', 'fine']).toContain(await halfSums('cuda'));
  });
});
