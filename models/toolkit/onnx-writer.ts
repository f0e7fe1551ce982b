/**
 * Writes ONNX models: the protobuf of `onnx.proto` by hand, for the parts that networks need. The same graph gives the
 * same bytes, so a model's hash says what is in it.
 */

import { bytes, concat, float, integer, message, text } from './protobuf.ts';

/** Element types of tensors: their number in `TensorProto.DataType`, and what holds them here. */
const ELEMENT_TYPES = {
  float32: { code: 1, holder: Float32Array },
  uint8: { code: 2, holder: Uint8Array },
  int8: { code: 3, holder: Int8Array },
  int32: { code: 6, holder: Int32Array },
  int64: { code: 7, holder: BigInt64Array },
  bool: { code: 9, holder: Uint8Array },
  float16: { code: 10, holder: Float16Array },
  float64: { code: 11, holder: Float64Array },
} as const;

/** Type of a tensor's elements. */
export type OnnxElementType = keyof typeof ELEMENT_TYPES;

/** Elements in memory; a `bool` is a byte of 0 or 1. */
export type OnnxData = Float16Array | Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** A constant of the graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxElementType;
  /** Row-major; an empty list is a scalar. */
  readonly dims: readonly number[];
  readonly data: OnnxData;
}

/** What a graph takes or gives; a named dimension, such as `n`, is free. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElementType;
  readonly dims: readonly (number | string)[];
}

/** A number is a float attribute; integers are told apart by `int` and `ints`. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: OnnxTensor };

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly name?: string;
  /** Operator set; the default one when absent. */
  readonly domain?: string;
}

/** A whole model: one graph and what it needs to be read. */
export interface OnnxModel {
  readonly graph: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  /** Weights whose numbers whoever writes the file brings (onnx-stream.ts), float32. Default: none. */
  readonly later?: readonly Omit<OnnxTensor, 'type' | 'data'>[];
  /** In an order in which every input is known before it is used. */
  readonly nodes: readonly OnnxNode[];
  /** Version of each operator set; the default one is `''`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  /** Free text about the model, as `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const IR_VERSION = 10;
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

/**
 * The bytes of an ONNX file (IR version 10, weights inline).
 *
 * @throws RangeError when a tensor's elements do not fill its dimensions or are of another type, an integer is not a
 * safe one, or weights are to come later.
 * @example
 * const model = encodeOnnx({
 *   graph: 'double', producer: 'example', opsets: { '': 21 },
 *   inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
 *   outputs: [{ name: 'y', type: 'float32', dims: ['n', 3] }],
 *   initializers: [], nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
 * });
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  if (model.later?.length) throw new RangeError(`${model.graph}: ${model.later.length} weights are to come later`);
  const { before, graph, after } = encodeParts(model);
  return concat([before, message(7, graph), after]);
}

/** The fields of a model before and after its graph, and those of the graph without the weights that come later. */
export function encodeParts(model: OnnxModel): {
  readonly before: Uint8Array;
  readonly graph: readonly Uint8Array[];
  readonly after: Uint8Array;
} {
  const graph = [
    ...model.nodes.map((node) => message(1, encodeNode(node))),
    text(2, model.graph),
    ...model.initializers.map((tensor) => message(5, encodeTensor(tensor))),
    ...model.inputs.map((value) => message(11, encodeValue(value))),
    ...model.outputs.map((value) => message(12, encodeValue(value))),
  ];
  const opsets = Object.entries(model.opsets).map(([domain, version]) =>
    message(8, [...(domain === '' ? [] : [text(1, domain)]), integer(2, version)]),
  );
  const metadata = Object.entries(model.metadata ?? {}).map(([key, value]) =>
    message(14, [text(1, key), text(2, value)]),
  );
  return {
    before: concat([integer(1, IR_VERSION), text(2, model.producer)]),
    graph,
    after: concat([...opsets, ...metadata]),
  };
}

/** The fields of a `NodeProto`. */
export function encodeNode(node: OnnxNode): Uint8Array[] {
  const attributes = Object.entries(node.attributes ?? {});
  return [
    ...node.inputs.map((input) => text(1, input)),
    ...node.outputs.map((output) => text(2, output)),
    ...(node.name === undefined ? [] : [text(3, node.name)]),
    text(4, node.op),
    ...attributes.map(([name, value]) => message(5, [text(1, name), ...encodeAttribute(value)])),
    ...(node.domain === undefined ? [] : [text(7, node.domain)]),
  ];
}

function encodeAttribute(attribute: OnnxAttribute): Uint8Array[] {
  if ('float' in attribute) return [float(2, attribute.float), integer(20, ATTRIBUTE_TYPES.float)];
  if ('int' in attribute) return [integer(3, attribute.int), integer(20, ATTRIBUTE_TYPES.int)];
  if ('string' in attribute) return [text(4, attribute.string), integer(20, ATTRIBUTE_TYPES.string)];
  if ('tensor' in attribute) {
    return [message(5, encodeTensor(attribute.tensor)), integer(20, ATTRIBUTE_TYPES.tensor)];
  }
  if ('floats' in attribute) {
    return [...attribute.floats.map((value) => float(7, value)), integer(20, ATTRIBUTE_TYPES.floats)];
  }
  return [...attribute.ints.map((value) => integer(8, value)), integer(20, ATTRIBUTE_TYPES.ints)];
}

/**
 * The fields of a `TensorProto`.
 * @throws RangeError as `encodeOnnx` does.
 */
export function encodeTensor(tensor: OnnxTensor): Uint8Array[] {
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (elements !== tensor.data.length) {
    throw new RangeError(
      `tensor ${tensor.name}: ${tensor.data.length} elements for dimensions [${tensor.dims.join(', ')}]`,
    );
  }
  const { holder } = ELEMENT_TYPES[tensor.type];
  if (!(tensor.data instanceof holder)) {
    throw new RangeError(`tensor ${tensor.name}: ${tensor.data.constructor.name} for elements of ${tensor.type}`);
  }
  const { buffer, byteOffset, byteLength } = tensor.data;
  return [...encodeTensorHead(tensor), bytes(9, new Uint8Array(buffer, byteOffset, byteLength))];
}

/** The fields of a `TensorProto` but for the numbers, which are field 9. */
export function encodeTensorHead({ name, type, dims }: Omit<OnnxTensor, 'data'>): Uint8Array[] {
  return [...dims.map((dim) => integer(1, dim)), integer(2, ELEMENT_TYPES[type].code), text(8, name)];
}

function encodeValue(value: OnnxValue): Uint8Array[] {
  const dims = value.dims.map((dim) => message(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]));
  const tensorType = message(1, [integer(1, ELEMENT_TYPES[value.type].code), message(2, dims)]);
  return [text(1, value.name), message(2, [tensorType])];
}
