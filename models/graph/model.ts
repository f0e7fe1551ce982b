/** From a graph to an ONNX model. */
import { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '../toolkit/onnx-writer.ts';
import type { Graph, Value } from './graph.ts';

/** Operator sets of every graph that the builder writes. */
const OPSETS = { '': 21, 'com.microsoft': 1 };

/** What a model is called, and what stands before its nodes. */
export interface ModelOptions {
  readonly name: string;
  /** Free text in the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Nodes that give values which the graph takes for granted, with their constants. Default: none. */
  readonly prelude?: readonly OnnxNode[];
  readonly preludeTensors?: readonly OnnxTensor[];
}

/**
 * The bytes of an ONNX file that computes `outputs`. Nodes, weights and inputs that no output needs are left out.
 * @param outputs by the names that the file gives them.
 * @example const bytes = encodeGraph(graph, { logits }, { name: 'face' });
 */
export function encodeGraph(graph: Graph, outputs: Readonly<Record<string, Value>>, options: ModelOptions): Uint8Array {
  return encodeOnnx(graphModel(graph, outputs, options));
}

/** What `encodeGraph` encodes. */
export function graphModel(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  { name, metadata, prelude = [], preludeTensors = [] }: ModelOptions,
): OnnxModel {
  const named: OnnxNode[] = Object.entries(outputs).map(([key, value]) => ({
    op: 'Identity',
    inputs: [value.name],
    outputs: [key],
  }));
  const needed = new Set(Object.values(outputs).map((value) => value.name));
  const nodes = [...prelude, ...graph.contents.nodes]
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .toReversed();
  return {
    graph: name,
    producer: 'undertone',
    opsets: OPSETS,
    inputs: graph.contents.inputs.filter((input) => needed.has(input.name)),
    outputs: Object.entries(outputs).map(([key, { type, dims }]) => ({ name: key, type, dims })),
    initializers: [...preludeTensors, ...graph.contents.initializers].filter((tensor) => needed.has(tensor.name)),
    nodes: [...nodes, ...named],
    later: graph.contents.later.filter((weight) => needed.has(weight.name)),
    ...(metadata && { metadata }),
  };
}
