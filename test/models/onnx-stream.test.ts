import { describe, expect, it } from 'vitest';
import { openNetwork } from '../../models/runtime.ts';
import { halfWeights } from '../../models/toolkit/half-weights.ts';
import { onnxStream, type OnnxStreamOptions } from '../../models/toolkit/onnx-stream.ts';
import { encodeOnnx, type OnnxModel } from '../../models/toolkit/onnx-writer.ts';

const SIZE = 2000;
const w = Float32Array.from({ length: SIZE }, (_, i) => Math.sin(i));
const common: Omit<OnnxModel, 'initializers'> = {
  graph: 'sum',
  producer: 'test',
  opsets: { '': 21 },
  inputs: [{ name: 'x', type: 'float32', dims: ['n', 1] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['n', SIZE] }],
  nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
};
const later: OnnxModel = { ...common, initializers: [], later: [{ name: 'w', dims: [1, SIZE] }] };
const whole = encodeOnnx({ ...common, initializers: [{ name: 'w', type: 'float32', dims: [1, SIZE], data: w }] });

async function written(options: Partial<OnnxStreamOptions> = {}): Promise<Buffer> {
  const { graph, weights } = onnxStream(later, { weight: () => Promise.resolve(w), ...options });
  expect(weights).toBeNull();
  const pieces: Uint8Array[] = [];
  for await (const piece of graph.pieces()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  expect(bytes.length).toBe(graph.bytes);
  return bytes;
}

async function said(bytes: Uint8Array): Promise<number[]> {
  const contract = { inputs: { x: ['n', 1] }, outputs: { y: ['n', SIZE] } } as const;
  const network = await openNetwork({ name: 'sum', bytes, contract });
  const { y } = await network.run({ x: { data: Float32Array.of(1), dims: [1, 1] } });
  await network.close();
  return [...(y?.data ?? [])];
}

describe('an ONNX file written a piece at a time', () => {
  it('is as long as was said, and says what one written at once says', async () => {
    const bytes = await written();
    expect(bytes.length).toBe(whole.length);
    expect(await said(bytes)).toEqual(await said(whole));
  });

  it('keeps the weights that are chosen as float16, as halfWeights does', async () => {
    const bytes = await written({ half: (name) => name === 'w' });
    expect(bytes.length).toBe(halfWeights(whole).length);
    expect(await said(bytes)).toEqual(await said(halfWeights(whole)));
  });

  it('refuses a weight that does not fill its sides', async () => {
    await expect(written({ weight: () => Promise.resolve(w.subarray(1)) })).rejects.toThrow(/'w' has 1999 numbers/);
  });
});
