import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { onnxParameters } from '../../models/toolkit/onnx-parameters.ts';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import { STARTER } from '../fixtures/inference.ts';

const model = (weights: readonly (readonly number[])[]): Uint8Array =>
  encodeOnnx({
    graph: 'g',
    producer: 'test',
    opsets: { '': 21 },
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: [
      ...weights.map((dims, i) => ({
        name: `w${i}`,
        type: 'float32' as const,
        dims,
        data: new Float32Array(dims.reduce((product, side) => product * side, 1)),
      })),
      { name: 'shape', type: 'int64', dims: [2], data: BigInt64Array.of(-1n, 4n) },
    ],
  });

describe('counting the parameters of a network', () => {
  it('adds up its floating-point weights, scalars too, and no shapes', () => {
    expect(onnxParameters(model([]))).toBe(0);
    expect(onnxParameters(model([[3, 200], [7], []]))).toBe(608);
  });

  it('agrees with what the makers of the starter networks say', () => {
    // 0.49 M and 0.31 M (models/packs/starter/README.md).
    expect(onnxParameters(readFileSync(`${STARTER}/face.onnx`)) / 1e6).toBeCloseTo(0.49, 2);
    expect(onnxParameters(readFileSync(`${STARTER}/voice.onnx`)) / 1e6).toBeCloseTo(0.31, 2);
  });

  it('refuses what is cut off', () => {
    const whole = model([[3, 200]]);
    expect(() => onnxParameters(whole.subarray(0, 500))).toThrow(RangeError);
    expect(() => onnxParameters(Uint8Array.of(0x0b))).toThrow(/wire type 3/);
  });
});
