import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import type { OnnxModel } from '../../models/toolkit/onnx-writer.ts';

const EMPTY = { graph: 'test', producer: 'test', opsets: { '': 17 }, initializers: [], inputs: [] } as const;

describe('encodeOnnx', () => {
  it('gives a model that ONNX Runtime runs, for a batch of any size', async () => {
    const model: OnnxModel = {
      ...EMPTY,
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 2] }],
      initializers: [{ name: 'w', type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      nodes: [{ op: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
    };
    const session = await InferenceSession.create(encodeOnnx(model));
    for (const n of [1, 3]) {
      const { y } = await session.run({ x: new Tensor('float32', new Float32Array(n * 2).fill(1), [n, 2]) });
      expect(y?.dims).toEqual([n, 2]);
      expect([...(y?.data as Float32Array)]).toEqual(Array.from({ length: n }, () => [4, 6]).flat());
    }
    await session.release();
  });

  it('carries every kind of attribute', async () => {
    const outputs = await run({
      ...EMPTY,
      outputs: [
        { name: 'floats', type: 'float32', dims: [3] },
        { name: 'int', type: 'int64', dims: [] },
        { name: 'tensor', type: 'int32', dims: [2] },
        { name: 'float', type: 'float32', dims: [3] },
        { name: 'ints', type: 'float32', dims: [3, 1] },
      ],
      nodes: [
        { op: 'Constant', inputs: [], outputs: ['floats'], attributes: { value_floats: { floats: [-1, 0.5, 3e9] } } },
        { op: 'Constant', inputs: [], outputs: ['int'], attributes: { value_int: { int: -7 } } },
        {
          op: 'Constant',
          inputs: [],
          outputs: ['tensor'],
          attributes: { value: { tensor: { name: 't', type: 'int32', dims: [2], data: Int32Array.of(-1, 2) } } },
        },
        { op: 'LeakyRelu', inputs: ['floats'], outputs: ['float'], attributes: { alpha: { float: 0.25 } } },
        { op: 'Constant', inputs: [], outputs: ['shape'], attributes: { value_ints: { ints: [3, 1] } } },
        { op: 'Reshape', inputs: ['floats', 'shape'], outputs: ['ints'] },
      ],
    });
    expect(outputs).toEqual({
      floats: [-1, 0.5, 3e9],
      int: [-7n],
      tensor: [-1, 2],
      float: [-0.25, 0.5, 3e9],
      ints: [-1, 0.5, 3e9],
    });
  });

  it('carries text attributes and leaves out optional inputs', async () => {
    const outputs = await run({
      ...EMPTY,
      outputs: [{ name: 'padded', type: 'float32', dims: [4] }],
      initializers: [
        { name: 'x', type: 'float32', dims: [2], data: Float32Array.of(1, 2) },
        { name: 'pads', type: 'int64', dims: [2], data: BigInt64Array.of(1n, 1n) },
      ],
      nodes: [{ op: 'Pad', inputs: ['x', 'pads', ''], outputs: ['padded'], attributes: { mode: { string: 'edge' } } }],
    });
    expect(outputs).toEqual({ padded: [1, 1, 2, 2] });
  });

  it('gives any integer back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.maxSafeInteger(), async (int) => {
        const constant = { op: 'Constant', inputs: [], outputs: ['y'], attributes: { value_int: { int } } };
        const outputs = await run({ ...EMPTY, outputs: [{ name: 'y', type: 'int64', dims: [] }], nodes: [constant] });
        expect(outputs).toEqual({ y: [BigInt(int)] });
      }),
      { numRuns: 30, examples: [[-1], [127], [128], [Number.MIN_SAFE_INTEGER]] },
    );
  });

  it('gives any tensor back as it was, also one that is a view into a larger buffer', async () => {
    const floats = fc.float32Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(floats, async (values) => {
        const data = Float32Array.of(9, ...values).subarray(1);
        const outputs = await run({
          ...EMPTY,
          outputs: [{ name: 'y', type: 'float32', dims: [data.length] }],
          initializers: [{ name: 'x', type: 'float32', dims: [data.length], data }],
          nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
        });
        expect(outputs).toEqual({ y: [...values] });
      }),
      { numRuns: 30 },
    );
  });

  it('is deterministic', () => {
    const model: OnnxModel = { ...EMPTY, outputs: [], nodes: [], metadata: { licence: 'MIT' } };
    expect(encodeOnnx(model)).toEqual(encodeOnnx(structuredClone(model)));
  });

  it('refuses elements that do not fill the dimensions, elements of another type, and fractions', () => {
    const model = (dims: number[], data: Float32Array | Int32Array): OnnxModel => {
      return { ...EMPTY, outputs: [], nodes: [], initializers: [{ name: 'w', type: 'float32', dims, data }] };
    };
    expect(() => encodeOnnx(model([2, 3], new Float32Array(5)))).toThrow(/tensor w: 5 elements .* \[2, 3\]/);
    expect(() => encodeOnnx(model([2], new Int32Array(2)))).toThrow(/tensor w: Int32Array .* float32/);
    expect(() => encodeOnnx(model([0.5], new Float32Array(0)))).toThrow(RangeError);
  });
});

async function run(model: OnnxModel): Promise<Record<string, unknown[]>> {
  const session = await InferenceSession.create(encodeOnnx(model));
  const results = await session.run({});
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from<unknown>(data)]));
}
