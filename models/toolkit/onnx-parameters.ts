/** What a network has learned, read from its file: as much of ONNX's protobuf as that takes. */
import { fields, varints } from './protobuf.ts';

/** Element types of weights: float32, float16, float64, bfloat16. Integers are shapes and axes. */
const WEIGHTS: readonly number[] = [1, 10, 11, 16];
/** Field numbers of onnx.proto: ModelProto.graph, GraphProto.initializer, TensorProto.dims and .data_type. */
const [GRAPH, INITIALIZER, DIMS, DATA_TYPE] = [7, 5, 1, 2] as const;
/** TensorProto.name and .raw_data. */
const [NAME, RAW] = [8, 9] as const;

/**
 * The number of floating-point constants that a model's graph holds inline.
 * @param bytes of an ONNX file.
 * @throws RangeError when they are cut off, or no protobuf.
 * @example onnxParameters(await readFile('models/packs/starter/face.onnx')); // 493k
 */
export function onnxParameters(bytes: Uint8Array): number {
  let sum = 0;
  for (const tensor of initializers(bytes)) sum += weights(tensor);
  return sum;
}

/**
 * The weights in a file that this project wrote, by name: every float32 constant that a model's graph holds inline.
 * @throws RangeError as `onnxParameters` does.
 */
export function onnxWeights(bytes: Uint8Array): ReadonlyMap<string, Float32Array> {
  const found = new Map<string, Float32Array>();
  for (const tensor of initializers(bytes)) {
    let [name, raw, type] = ['', new Uint8Array(0), 0];
    for (const { number, value } of fields(tensor)) {
      if (typeof value === 'number') type = number === DATA_TYPE ? value : type;
      else if (number === NAME) name = new TextDecoder().decode(value);
      else if (number === RAW) raw = new Uint8Array(value);
    }
    if (type === 1) found.set(name, new Float32Array(raw.buffer));
  }
  return found;
}

function* initializers(bytes: Uint8Array): Generator<Uint8Array> {
  for (const part of fields(bytes)) {
    if (part.number !== GRAPH || typeof part.value === 'number') continue;
    for (const { number, value } of fields(part.value))
      if (number === INITIALIZER && typeof value !== 'number') yield value;
  }
}

function weights(tensor: Uint8Array): number {
  let [product, type] = [1, 0];
  for (const { number, value } of fields(tensor)) {
    if (number === DATA_TYPE && typeof value === 'number') type = value;
    if (number !== DIMS) continue;
    // Repeated integers stand one by one, or packed.
    for (const dim of typeof value === 'number' ? [value] : varints(value)) product *= dim;
  }
  return WEIGHTS.includes(type) ? product : 0;
}
