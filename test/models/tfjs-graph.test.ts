import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { readTfjsGraph } from '../../models/toolkit/tfjs-graph.ts';
import { convertTfjsGraph } from '../../models/toolkit/tfjs-to-onnx.ts';

type WeightSpec = tf.io.WeightsManifestEntry;

describe('readTfjsGraph', () => {
  it('dequantises weights as TensorFlow.js does', async () => {
    await tf.setBackend('cpu');
    const specs: WeightSpec[] = [
      { name: 'plain', shape: [2], dtype: 'float32' },
      { name: 'bytes', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: -2 } },
      { name: 'odd', shape: [1], dtype: 'int32', quantization: { dtype: 'uint8', scale: 3, min: -1 } },
      { name: 'words', shape: [2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.01, min: 0.5 } },
      { name: 'halves', shape: [5], dtype: 'float32', quantization: { dtype: 'float16' } },
      { name: 'scalar', shape: [], dtype: 'int32' },
    ];
    const halves = [0x3c00, 0xc100, 0x0001, 0x7bff, 0x8000].flatMap((bits) => [bits & 0xff, bits >> 8]);
    const bin = Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192, 0, 7, 255, 4, 1, 0, 255, 255, ...halves, 5, 0, 0, 0);
    const expected = tf.io.decodeWeights(bin.buffer, specs);
    const { weights } = readTfjsGraph(graph([], specs), bin);
    expect([...weights.keys()]).toEqual(specs.map(({ name }) => name));
    for (const [name, { dims, data }] of weights) {
      expect(dims, name).toEqual(expected[name]?.shape);
      expect([...data], name).toEqual([...(expected[name]?.dataSync() ?? [])]);
    }
  });

  it('refuses what is not a graph model, and weights that are cut short or too long', () => {
    const spec: WeightSpec = { name: 'w', shape: [2], dtype: 'float32' };
    expect(() => readTfjsGraph('{"format":"layers-model"}', new Uint8Array())).toThrow(/not a TensorFlow.js graph/);
    expect(() => readTfjsGraph('<html>', new Uint8Array())).toThrow(/not a TensorFlow.js graph/);
    expect(() => readTfjsGraph(graph([], [spec]), new Uint8Array(7))).toThrow(/weight w ends at byte 8 of 7/);
    expect(() => readTfjsGraph(graph([], [spec]), new Uint8Array(9))).toThrow(/end at byte 8 of 9/);
  });
});

describe('convertTfjsGraph', () => {
  const input = {
    name: 'x',
    op: 'Placeholder',
    attr: { shape: { shape: { dim: [1, 8, 8, 1].map((size) => ({ size })) } } },
  };

  it('names an operation that it does not know', () => {
    const model = readTfjsGraph(
      graph([input, { name: 'up/half', op: 'ResizeBilinear', input: ['x'] }], []),
      new Uint8Array(),
    );
    expect(() => convertTfjsGraph(model)).toThrow(
      /node up\/half \(ResizeBilinear\): operation ResizeBilinear is not known/,
    );
  });

  it('names a form of an operation that it does not know', () => {
    const attr = { ksize: ints(1, 2, 2, 1), strides: ints(1, 2, 2, 1), padding: { s: btoa('EXPLICIT') } };
    const model = readTfjsGraph(
      graph([input, { name: 'pool', op: 'MaxPool', input: ['x'], attr }], []),
      new Uint8Array(),
    );
    expect(() => convertTfjsGraph(model)).toThrow(/node pool \(MaxPool\): its padding is EXPLICIT/);
  });

  it('names a node whose input is missing', () => {
    const model = readTfjsGraph(graph([{ name: 'sum', op: 'Relu', input: ['gone'] }], []), new Uint8Array());
    expect(() => convertTfjsGraph(model)).toThrow(/node sum \(Relu\): its input 0 comes from no earlier node/);
  });
});

function ints(...values: number[]): unknown {
  return { list: { i: values.map(String) } };
}

function graph(node: unknown[], weights: WeightSpec[]): string {
  return JSON.stringify({
    format: 'graph-model',
    modelTopology: { node },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  });
}
