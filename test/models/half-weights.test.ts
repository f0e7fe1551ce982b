import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { halfWeights } from '../../models/toolkit/half-weights.ts';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import { openNetwork } from '../../models/runtime.ts';
import { randomStream } from '../../src/core/random.ts';
import { STARTER } from '../fixtures/inference.ts';

/** x [n, 1] times w [1, size], summed: what a file with such weights says. */
async function said(bytes: Uint8Array, x: number): Promise<number> {
  const contract = { inputs: { x: ['n', 1] }, outputs: { y: ['n'] } } as const;
  const network = await openNetwork({ name: 'sum', bytes, contract });
  try {
    return (await network.run({ x: { data: Float32Array.of(x), dims: [1, 1] } }))['y']?.data[0] ?? NaN;
  } finally {
    await network.close();
  }
}

const sumOf = (weights: Float32Array): Uint8Array =>
  encodeOnnx({
    graph: 'sum',
    producer: 'test',
    opsets: { '': 21 },
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 1] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n'] }],
    initializers: [
      { name: 'w', type: 'float32', dims: [1, weights.length], data: weights },
      { name: 'axes', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
    ],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['products'] },
      { op: 'ReduceSum', inputs: ['products', 'axes'], outputs: ['y'], attributes: { keepdims: { int: 0 } } },
    ],
  });

describe('weights in half the bytes', () => {
  it('says what the whole ones say, from half the file', async () => {
    const bytes = readFileSync(`${STARTER}/face.onnx`);
    const half = halfWeights(bytes);
    expect(half.length / bytes.length).toBeLessThan(0.55);
    const random = randomStream('face');
    const pixels = { data: Float32Array.from({ length: 4 * 48 * 48 }, () => random()), dims: [4, 1, 48, 48] };
    const contract = { inputs: { pixels: ['n', 1, 48, 48] }, outputs: { logits: ['n', 8] } } as const;
    const [whole = [], halved = []] = await Promise.all(
      [bytes, half].map(async (file) => {
        const network = await openNetwork({ name: 'face', bytes: file, contract });
        const { logits } = await network.run({ pixels });
        await network.close();
        return [...(logits?.data ?? [])];
      }),
    );
    expect(halved).toHaveLength(32);
    halved.forEach((logit, i) => {
      expect(Math.abs(logit - (whole[i] ?? NaN))).toBeLessThan(0.02);
    });
    expect(halved).not.toEqual(whole);
  });

  it('rounds to the nearest float16, and leaves alone what is small or does not fit', async () => {
    const third = sumOf(new Float32Array(2048).fill(1 / 3));
    expect(halfWeights(third).length).toBeLessThan(third.length - 3500);
    // 1/3 is 1365 / 4096 in float16.
    expect(await said(halfWeights(third), 1)).toBeCloseTo((2048 * 1365) / 4096, 2);
    const few = sumOf(new Float32Array(100).fill(1 / 3));
    expect(halfWeights(few)).toEqual(few);
    const large = sumOf(new Float32Array(2048).fill(70_000));
    expect(halfWeights(large)).toEqual(large);
    expect(await said(halfWeights(large), 2)).toBeCloseTo(2048 * 140_000, -3);
  });

  it('refuses what is cut off', () => {
    const bytes = sumOf(new Float32Array(2048));
    expect(() => halfWeights(bytes.subarray(0, 5000))).toThrow(RangeError);
  });
});
