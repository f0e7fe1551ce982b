/** What only networks need that were trained elsewhere. */
import { describe, expect, it } from 'vitest';
import { conv, servingConv, type ServingConvOptions } from '../../../models/graph/conv.ts';
import { gradients } from '../../../models/graph/differentiate.ts';
import { clip, floor, gelu } from '../../../models/graph/elementwise.ts';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { named, positions } from '../../../models/graph/layout.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { sum } from '../../../models/graph/reduce.ts';
import { openNetwork, type TensorData } from '../../../models/runtime.ts';

/** f(x) as ONNX Runtime computes it; sides that are not 1 of `open` have no number in the graph. */
async function run(x: TensorData<Float32Array>, f: (x: Value) => Value, open: readonly number[] = []) {
  const graph = createGraph();
  const sides = x.dims.map((side, axis) => (open.includes(axis) ? `side${axis}` : side));
  const y = f(graph.input('x', sides));
  const network = await openNetwork({
    name: 'serving',
    bytes: encodeGraph(graph, { y }, { name: 'serving' }),
    contract: { inputs: { x: x.dims }, outputs: { y: y.dims.map((side) => (typeof side === 'number' ? side : 1)) } },
  });
  const answer = (await network.run({ x }))['y'];
  await network.close();
  return { dims: answer?.dims, data: [...(answer?.data ?? [])] };
}

const row = (...numbers: readonly number[]): TensorData<Float32Array> => ({
  data: Float32Array.from(numbers),
  dims: [1, 1, numbers.length],
});
const kernel = (x: Value, dims: readonly number[], numbers: readonly number[]): Value =>
  x.graph.constant(Float32Array.from(numbers), dims);

describe('a convolution that serves', () => {
  it.each<readonly [string, ServingConvOptions, readonly number[]]>([
    ['alone', {}, [-2, -2, -2]],
    ['by a stride', { stride: 2 }, [-2, -2]],
    ['padded on one side', { padding: [0, 2] }, [-2, -2, -2, 4, 5]],
  ])('slides over a side without a number: %s', async (_, options, due) => {
    const f = (x: Value) => servingConv(x, kernel(x, [1, 1, 3], [1, 0, -1]), options);
    expect((await run(row(1, 2, 3, 4, 5), f, [2])).data).toEqual(due);
    expect((await run(row(1, 2, 3, 4, 5), f)).data).toEqual(due);
  });

  it('has a bias, and groups that see only their own channels', async () => {
    const x = { data: Float32Array.of(1, 2, 10, 20), dims: [1, 2, 2] };
    const f = (value: Value) =>
      servingConv(value, kernel(value, [2, 1, 1], [1, 3]), { groups: 2, bias: kernel(value, [2], [0.5, -0.5]) });
    expect(await run(x, f)).toEqual({ dims: [1, 2, 2], data: [1.5, 2.5, 29.5, 59.5] });
  });

  it('is the convolution that learns', async () => {
    const x = { data: Float32Array.from({ length: 2 * 3 * 25 }, (_, i) => Math.sin(i)), dims: [2, 3, 5, 5] };
    const w = (value: Value) =>
      kernel(
        value,
        [4, 3, 3, 3],
        Array.from({ length: 108 }, (_, i) => Math.cos(i)),
      );
    const learned = await run(x, (value) => conv(value, w(value), { stride: 2, padding: 1 }));
    expect(await run(x, (value) => servingConv(value, w(value), { stride: 2, padding: [1, 1] }))).toEqual(learned);
  });

  it('refuses channels that do not fit, and to learn', () => {
    const graph = createGraph({ mode: 'train' });
    const x = graph.input('x', [1, 2, 4]);
    const w = graph.parameter('w', [2, 2, 1], (size) => new Float32Array(size));
    expect(() => servingConv(x, w, { groups: 2 })).toThrow(/in 2 groups does not fit/);
    expect(() => gradients(sum(servingConv(x, w)), [w])).toThrow(/only serves/);
  });
});

describe('operators', () => {
  it('gelu is exact', async () => {
    const { data } = await run(row(-1, 0, 1, 3), gelu);
    [-0.15865525, 0, 0.84134475, 2.9959502].forEach((due, i) => {
      expect(data[i]).toBeCloseTo(due, 6);
    });
  });

  it('clip and floor', async () => {
    expect((await run(row(-2.5, -0.5, 0.5, 7), (x) => clip(floor(x), -2, 6))).data).toEqual([-2, -1, 0, 6]);
  });

  it('positions count along a side that has no number yet, whatever it is called', async () => {
    expect((await run(row(5, 5, 5), (x) => positions(named(x, 2, 'time'), 2), [2])).data).toEqual([0, 1, 2]);
    expect(() => named(createGraph().input('x', [2]), 0, 'time')).toThrow(/has a number/);
  });
});

describe('weights that come later', () => {
  it('are named with their sides, and no file is written without them', () => {
    const graph = createGraph({ weights: 'later' });
    const weight = () => graph.parameter('w', [2, 3], (size) => new Float32Array(size));
    expect(weight()).toEqual(weight());
    expect(graph.contents.later).toEqual([{ name: 'w', dims: [2, 3] }]);
    expect(() => encodeGraph(graph, { y: sum(weight()) }, { name: 'later' })).toThrow(/1 weights are to come later/);
  });
});
