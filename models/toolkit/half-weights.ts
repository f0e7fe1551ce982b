/** Weights in half the bytes. */
import { encodeNode, encodeTensor } from './onnx-writer.ts';
import { bytes, concat, fields, integer, varints } from './protobuf.ts';

/** Tensors of fewer numbers stay as they are: they make up next to nothing. */
const LEAST = 1024;
/** Field numbers of onnx.proto: ModelProto.graph; GraphProto.node and .initializer; TensorProto's. */
const GRAPH = 7;
const [NODE, INITIALIZER] = [1, 5] as const;
const [DIMS, DATA_TYPE, NAME, RAW] = [1, 2, 8, 9] as const;
const FLOAT32 = 1;

/**
 * The same model with its larger float32 weights kept as float16, each cast back by a node of its own, which ONNX Runtime
 * runs once, when it loads the model: a file of half the size that costs nothing more to run. Each weight is rounded by at most one
 * part in 2048. A tensor with a number beyond float16 (65504) stays as it is.
 * @param model an ONNX file with its weights inline as raw data, such as `encodeOnnx` writes.
 * @throws RangeError when it is cut off, or no protobuf.
 * @example const small = halfWeights(await readFile('face.onnx'));
 */
export function halfWeights(model: Uint8Array): Uint8Array {
  return concat(
    [...fields(model)].map(({ number, value }) => {
      if (typeof value === 'number') return integer(number, value);
      return bytes(number, number === GRAPH ? halvedGraph(value) : value);
    }),
  );
}

function halvedGraph(graph: Uint8Array): Uint8Array {
  const casts: Uint8Array[] = [];
  const rest = [...fields(graph)].map(({ number, value }) => {
    if (typeof value === 'number') return integer(number, value);
    const halved = number === INITIALIZER ? halvedTensor(value) : null;
    if (!halved) return bytes(number, value);
    casts.push(halved.cast);
    return bytes(INITIALIZER, halved.tensor);
  });
  // Before all other nodes: an ONNX file lists them in the order in which they can run.
  return concat([...casts.map((cast) => bytes(NODE, cast)), ...rest]);
}

function halvedTensor(tensor: Uint8Array): { readonly tensor: Uint8Array; readonly cast: Uint8Array } | null {
  let [type, name, raw] = [0, '', new Uint8Array(0)];
  const dims: number[] = [];
  for (const { number, value } of fields(tensor)) {
    if (number === DIMS) dims.push(...(typeof value === 'number' ? [value] : varints(value)));
    else if (typeof value === 'number') type = number === DATA_TYPE ? value : type;
    else if (number === NAME) name = new TextDecoder().decode(value);
    else if (number === RAW) raw = new Uint8Array(value);
  }
  const size = dims.reduce((product, side) => product * side, 1);
  if (type !== FLOAT32 || size < LEAST || raw.length !== 4 * size) return null;
  const data = new Float16Array(new Float32Array(raw.buffer));
  if (!data.every(Number.isFinite)) return null;
  const half = `${name}.half`;
  const attributes = { to: { int: FLOAT32 } };
  return {
    tensor: concat(encodeTensor({ name: half, type: 'float16', dims, data })),
    cast: concat(encodeNode({ op: 'Cast', inputs: [half], outputs: [name], attributes })),
  };
}
