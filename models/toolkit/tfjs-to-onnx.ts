/**
 * Turns the nodes of a TensorFlow.js graph into ONNX nodes. TensorFlow keeps channels last and ONNX wants them first,
 * so pictures travel channels first inside and are turned back where their order shows: at a Reshape.
 */
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-writer.ts';
import type { TfjsGraph, TfjsNode } from './tfjs-graph.ts';
import { channelsFirst, sliding, unsupported } from './tfjs-kernels.ts';

/** A value of the converted graph. */
export interface ConvertedValue {
  readonly name: string;
  /** Dimensions as TensorFlow names them (channels last), without the batch. */
  readonly dims: readonly number[];
}

/** The ONNX nodes and weights that a TF.js graph becomes. */
export interface ConvertedGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly ConvertedValue[];
  /** What no other node takes, in the graph's order. */
  readonly outputs: readonly ConvertedValue[];
}

/** A graph under conversion. */
interface Conversion {
  readonly graph: TfjsGraph;
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
  /** Converted values by TensorFlow name; those of three dimensions lie channels first. */
  readonly values: Map<string, ConvertedValue>;
}

type Convert = (conversion: Conversion, node: TfjsNode) => ConvertedValue;

const CONVERTERS: ReadonlyMap<string, Convert> = new Map([
  ['Placeholder', placeholder],
  ['_FusedConv2D', convolution],
  ['DepthwiseConv2dNative', convolution],
  ['MaxPool', maxPool],
  ['AddV2', (conversion, node) => elementwise(conversion, node, 'Add')],
  ['Relu', (conversion, node) => elementwise(conversion, node, 'Relu')],
  ['Pad', pad],
  ['Reshape', reshape],
  ['Identity', (conversion, node) => valueOf(conversion, node, 0)],
]);

/**
 * Converts a graph for a batch of any size, whatever batch it was frozen for.
 *
 * @throws UndertoneError `pack-invalid`, naming the node, for an operation or a form of one that is not supported.
 */
export function convertTfjsGraph(graph: TfjsGraph): ConvertedGraph {
  const conversion: Conversion = { graph, nodes: [], initializers: [], values: new Map() };
  const inputs: ConvertedValue[] = [];
  const taken = new Set(graph.nodes.flatMap((node) => node.inputs));
  const outputs: ConvertedValue[] = [];
  for (const node of graph.nodes) {
    const convert = CONVERTERS.get(node.op);
    if (convert === undefined) throw unsupported(node, `operation ${node.op} is not known`);
    const value = convert(conversion, node);
    conversion.values.set(node.name, value);
    if (node.op === 'Placeholder') inputs.push(value);
    if (!taken.has(node.name)) outputs.push(value);
  }
  return { nodes: conversion.nodes, initializers: conversion.initializers, inputs, outputs };
}

function placeholder(conversion: Conversion, node: TfjsNode): ConvertedValue {
  const [, ...dims] = node.shape() ?? [];
  if (dims.length !== 3) throw unsupported(node, 'the input is not a batch of pictures');
  emit(conversion, 'Transpose', [node.name], `${node.name}/first`, { perm: { ints: [0, 3, 1, 2] } });
  return { name: `${node.name}/first`, dims };
}

function convolution(conversion: Conversion, node: TfjsNode): ConvertedValue {
  const [high, wide, channels] = pictureOf(conversion, node);
  const filter = weightOf(conversion, node, 1);
  const [kernelHigh = 0, kernelWide = 0, filterIn = 0, filterOut = 0] = filter.dims;
  if (filterIn !== channels) throw unsupported(node, `its filter takes ${filterIn} channels and gets ${channels}`);
  const depthwise = node.op === 'DepthwiseConv2dNative';
  const weights = `${node.name}/filter`;
  conversion.initializers.push({
    name: weights,
    type: 'float32',
    dims: depthwise ? [filterIn * filterOut, 1, kernelHigh, kernelWide] : [filterOut, filterIn, kernelHigh, kernelWide],
    data: channelsFirst(filter.data, kernelHigh * kernelWide, filterIn, filterOut, depthwise),
  });
  const inputs = [valueOf(conversion, node, 0).name, weights];
  const [fused, activation, ...others] = node.strings('fused_ops');
  if (fused !== undefined) {
    if (fused !== 'BiasAdd') throw unsupported(node, `fused operation ${fused} is not known`);
    const bias = weightOf(conversion, node, 2);
    conversion.initializers.push({ name: `${node.name}/bias`, type: 'float32', dims: bias.dims, data: bias.data });
    inputs.push(`${node.name}/bias`);
  }
  if ((activation !== undefined && activation !== 'Relu') || others.length > 0) {
    throw unsupported(node, `fused operations ${[activation, ...others].join(', ')} are not known`);
  }
  const slide = sliding(node, [high, wide], [kernelHigh, kernelWide]);
  const sum = activation === undefined ? node.name : `${node.name}/sum`;
  emit(conversion, 'Conv', inputs, sum, { ...slide.attributes, group: { int: depthwise ? channels : 1 } });
  if (activation !== undefined) emit(conversion, activation, [sum], node.name);
  return { name: node.name, dims: [...slide.dims, depthwise ? filterIn * filterOut : filterOut] };
}

function maxPool(conversion: Conversion, node: TfjsNode): ConvertedValue {
  const [high, wide, channels] = pictureOf(conversion, node);
  const [, kernelHigh = 1, kernelWide = 1] = node.ints('ksize') ?? [];
  const slide = sliding(node, [high, wide], [kernelHigh, kernelWide]);
  emit(conversion, 'MaxPool', [valueOf(conversion, node, 0).name], node.name, slide.attributes);
  return { name: node.name, dims: [...slide.dims, channels] };
}

function elementwise(conversion: Conversion, node: TfjsNode, op: string): ConvertedValue {
  const values = node.inputs.map((_, index) => valueOf(conversion, node, index));
  const dims = values[0]?.dims ?? [];
  // Broadcasting would have to be turned with the channels; no graph so far needs it.
  if (values.some((value) => value.dims.join() !== dims.join())) throw unsupported(node, 'its inputs differ in shape');
  emit(
    conversion,
    op,
    values.map((value) => value.name),
    node.name,
  );
  return { name: node.name, dims };
}

function pad(conversion: Conversion, node: TfjsNode): ConvertedValue {
  const [high, wide, channels] = pictureOf(conversion, node);
  const pairs = weightOf(conversion, node, 1).data;
  const before = [pairs[0] ?? 0, pairs[6] ?? 0, pairs[2] ?? 0, pairs[4] ?? 0];
  const after = [pairs[1] ?? 0, pairs[7] ?? 0, pairs[3] ?? 0, pairs[5] ?? 0];
  if (before[0] !== 0 || after[0] !== 0) throw unsupported(node, 'it pads the batch');
  const pads = integers(conversion, `${node.name}/pads`, [...before, ...after]);
  emit(conversion, 'Pad', [valueOf(conversion, node, 0).name, pads], node.name);
  const grow = (size: number, axis: number): number => size + (before[axis] ?? 0) + (after[axis] ?? 0);
  return { name: node.name, dims: [grow(high, 2), grow(wide, 3), grow(channels, 1)] };
}

function reshape(conversion: Conversion, node: TfjsNode): ConvertedValue {
  pictureOf(conversion, node);
  const [batch, ...dims] = weightOf(conversion, node, 1).data;
  if (batch !== 1 && batch !== -1) throw unsupported(node, 'it mixes the pictures of a batch');
  if (dims.length === 3) throw unsupported(node, 'it reshapes to a picture');
  emit(conversion, 'Transpose', [valueOf(conversion, node, 0).name], `${node.name}/last`, {
    perm: { ints: [0, 2, 3, 1] },
  });
  // In ONNX a 0 keeps the input's dimension: the batch stays free.
  const shape = integers(conversion, `${node.name}/shape`, [0, ...dims]);
  emit(conversion, 'Reshape', [`${node.name}/last`, shape], node.name);
  return { name: node.name, dims };
}

// ------------------------------------------------------------------------------------------------ pieces of a node

function emit(
  conversion: Conversion,
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): void {
  conversion.nodes.push({ op, name: output, inputs, outputs: [output], attributes });
}

function integers(conversion: Conversion, name: string, values: readonly number[]): string {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  conversion.initializers.push({ name, type: 'int64', dims: [values.length], data });
  return name;
}

function valueOf({ values }: Conversion, node: TfjsNode, index: number): ConvertedValue {
  const value = values.get(node.inputs[index] ?? '');
  if (value === undefined) throw unsupported(node, `its input ${index} comes from no earlier node`);
  return value;
}

function pictureOf(conversion: Conversion, node: TfjsNode): readonly [number, number, number] {
  const [high, wide, channels, ...more] = valueOf(conversion, node, 0).dims;
  if (high === undefined || wide === undefined || channels === undefined || more.length > 0) {
    throw unsupported(node, 'its input is not a picture');
  }
  return [high, wide, channels];
}

function weightOf({ graph }: Conversion, node: TfjsNode, index: number) {
  const weight = graph.weights.get(node.inputs[index] ?? '');
  if (weight === undefined) throw unsupported(node, `its input ${index} is not a constant`);
  return weight;
}
