/** Values and gradients against an independent framework: test/fixtures/graph.json, made by scripts/torch/graph-cases.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { conv } from '../../../models/graph/conv.ts';
import { gradients } from '../../../models/graph/differentiate.ts';
import { add, mul, silu, softplus, square } from '../../../models/graph/elementwise.ts';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { reshape, transpose } from '../../../models/graph/layout.ts';
import { matmul } from '../../../models/graph/matmul.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { batchNorm, layerNorm } from '../../../models/graph/normalise.ts';
import { logSoftmax, mean, softmax, sum } from '../../../models/graph/reduce.ts';
import { SCALARS, STATE, trainingModel } from '../../../models/graph/training.ts';
import { bce, klDivergence, oneMinusCcc, softCrossEntropy } from '../../../models/nets/losses.ts';
import { openNetwork, type TensorData } from '../../../models/runtime.ts';

interface Numbers {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly name: string;
  readonly operands: readonly Numbers[];
  readonly c: Numbers;
  readonly y: Numbers;
  readonly gradients: readonly Numbers[];
}
interface Fixture {
  readonly cases: readonly Case[];
  readonly adamW: readonly { loss: number; norm: number; theta: readonly number[]; bias: readonly number[] }[];
}
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/graph.json', import.meta.url), 'utf8')) as Fixture;

const SHARES = [0.2, 0.3, 0.5, 1, 0, 0, 0.1, 0.9, 0, 0.4, 0.4, 0.2];
const constant = (like: Value, data: readonly number[], dims: readonly number[]): Value =>
  like.graph.constant(Float32Array.from(data), dims);

/** The builder's own version of each case. Layers that make their parameters themselves are given the names' values. */
const BUILD: Readonly<Record<string, (...operands: readonly [Value, Value, Value, Value, Value]) => Value>> = {
  'conv 2-D': (x, w) => conv(x, w, { padding: 1 }),
  'conv 2-D, stride 2': (x, w) => conv(x, w, { padding: 1, stride: 2 }),
  'conv 2-D over many places': (x, w) => conv(x, w, { padding: 1 }),
  'conv 1-D, stride 2': (x, w) => conv(x, w, { padding: 2, stride: 2 }),
  batchNorm: (x) => batchNorm(x, 'norm'),
  layerNorm: (x) => layerNorm(x, 'norm'),
  softmax: (x) => softmax(x, 1),
  logSoftmax: (x) => logSoftmax(x, 1),
  'matmul of batches': (a, b) => matmul(a, b),
  attention: (x, q, k, v, o) => {
    const split = (y: Value): Value => transpose(reshape(y, [2, 3, 2, 2]), [0, 2, 1, 3]);
    const scores = mul(matmul(split(matmul(x, q)), split(matmul(x, k)), { transposeB: true }), 1 / Math.SQRT2);
    const mixed = matmul(softmax(scores, 3), split(matmul(x, v)));
    return matmul(reshape(transpose(mixed, [0, 2, 1, 3]), [2, 3, 4]), o);
  },
  silu: (x) => silu(x),
  softplus: (x) => softplus(x),
  oneMinusCcc: (p, t) => oneMinusCcc(p, t),
  bce: (x) =>
    bce(
      x,
      constant(
        x,
        Array.from({ length: 12 }, (_, i) => i % 2),
        [4, 3],
      ),
    ),
  softCrossEntropy: (x) => softCrossEntropy(x, constant(x, SHARES, [4, 3])),
  klDivergence: (x) => klDivergence(x, constant(x, SHARES, [4, 3])),
};
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  batchNorm: ['norm.scale', 'norm.shift'],
  layerNorm: ['norm.scale', 'norm.shift'],
};

describe('values and gradients agree with PyTorch', () => {
  test('every case of the fixture is built here', () => {
    expect(fixture.cases.map(({ name }) => name)).toEqual(Object.keys(BUILD));
  });

  test.each(fixture.cases)('$name', async ({ name, operands, c, y, gradients: expected }) => {
    const graph = createGraph({ mode: 'train' });
    const parameters = PARAMETERS[name] ?? [];
    const inputs = operands.map(({ dims }, i) => graph.input(`x${i}`, dims));
    const build = BUILD[name];
    const [a, b = a, d = a, e = a, f = a] = inputs;
    if (!build || !a || !b || !d || !e || !f) throw new Error(`${name} is not built`);
    const output = build(a, b, d, e, f);
    const plain = operands.length - parameters.length;
    const leaves = inputs.map((input, i) => graph.parameters.get(parameters[i - plain] ?? '')?.value ?? input);
    const loss = sum(mul(output, graph.constant(Float32Array.from(c.data), c.dims)));
    const outputs = Object.fromEntries(
      gradients(loss, leaves).flatMap((value, i) => (value ? [[`d${i}`, value]] : [])),
    );
    const network = await openNetwork({
      name,
      bytes: encodeGraph(
        graph,
        { y: output, ...outputs },
        {
          name: 'case',
          prelude: parameters.map((parameter, i) => ({
            op: 'Identity',
            inputs: [`x${plain + i}`],
            outputs: [parameter],
          })),
        },
      ),
      contract: {
        inputs: Object.fromEntries(operands.map(({ dims }, i) => [`x${i}`, dims])),
        outputs: { y: y.dims, ...Object.fromEntries(expected.map(({ dims }, i) => [`d${i}`, dims])) },
      },
    });
    const results = await network.run(
      Object.fromEntries(operands.map(({ dims, data }, i) => [`x${i}`, { data: Float32Array.from(data), dims }])),
    );
    await network.close();
    expectClose(results['y'], y);
    expected.forEach((gradient, i) => {
      expectClose(results[`d${i}`], gradient);
    });
  });

  test('five steps of AdamW with a clipped gradient', async () => {
    const graph = createGraph({ mode: 'train' });
    const x = graph.constant(Float32Array.of(1, 2, -1, 0.5, 0.3, -0.2), [3, 2]);
    const theta = graph.parameter('weight', [2, 2], () => Float32Array.of(1, -2, 0.5, 3));
    const bias = graph.parameter('bias', [2], () => Float32Array.of(0.3, -0.7));
    const model = trainingModel(graph, mean(square(add(matmul(x, theta), bias))), { name: 'adamW', weightDecay: 0.1 });
    const network = await openNetwork({
      name: 'adamW',
      bytes: model.bytes,
      contract: {
        inputs: {
          ...Object.fromEntries(['theta', 'moment1', 'moment2', 'average'].map((key) => [key, [6]])),
          statistics: [1],
          ...Object.fromEntries(SCALARS.map((key) => [key, []])),
        },
        outputs: model.outputs,
      },
    });
    let state: Readonly<Record<string, Float32Array>> = { ...model.initial };
    for (const [i, expected] of fixture.adamW.entries()) {
      const scalars = {
        rate: 0.05,
        correction1: 1 / (1 - 0.9 ** (i + 1)),
        correction2: 1 / (1 - 0.999 ** (i + 1)),
        averaging: 1,
      };
      const results = await network.run({
        ...Object.fromEntries(STATE.map((key) => [key, tensor(state[key] ?? new Float32Array(0))])),
        ...Object.fromEntries(
          Object.entries(scalars).map(([key, value]) => [key, { data: Float32Array.of(value), dims: [] }]),
        ),
      });
      state = Object.fromEntries(STATE.map((key) => [key, results[`next.${key}`]?.data ?? new Float32Array(0)]));
      expect(results['loss']?.data[0]).toBeCloseTo(expected.loss, 4);
      expect(results['gradientNorm']?.data[0]).toBeCloseTo(expected.norm, 3);
      expectClose(tensor(state['theta'] ?? new Float32Array(0)), {
        dims: [6],
        data: [...expected.theta, ...expected.bias],
      });
    }
    await network.close();
  });
});

function tensor(data: Float32Array): TensorData<Float32Array> {
  return { data, dims: [data.length] };
}

/** To 1e-4, relative above 1: 32 bits against 64. */
function expectClose(actual: TensorData<Float32Array> | undefined, expected: Numbers): void {
  expect(actual?.dims).toEqual(expected.dims);
  const errors = expected.data.map(
    (value, i) => Math.abs((actual?.data[i] ?? NaN) - value) / Math.max(1, Math.abs(value)),
  );
  expect(Math.max(0, ...errors)).toBeLessThan(1e-4);
}
