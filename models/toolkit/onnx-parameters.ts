/** What a network has learned, read from its file: as much of ONNX's protobuf as that takes. */

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

/** One field of a message: an integer, or the bytes of what is nested or fixed in size. */
interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function* fields(message: Uint8Array): Generator<ProtobufField> {
  for (let at = 0; at < message.length;) {
    const [key, start] = varint(message, at);
    const number = Math.floor(key / 8);
    if (key % 8 === 0) {
      const [value, end] = varint(message, start);
      yield { number, value };
      at = end;
      continue;
    }
    const [length, from] = extent(key % 8, message, start);
    at = from + length;
    if (at > message.length) throw new RangeError(`a field of ${length} bytes is cut off at ${message.length}`);
    yield { number, value: message.subarray(from, at) };
  }
}

/** How long a field's bytes are, and where they begin. */
function extent(wireType: number, message: Uint8Array, start: number): readonly [number, number] {
  if (wireType === 1) return [8, start];
  if (wireType === 5) return [4, start];
  if (wireType === 2) return varint(message, start);
  throw new RangeError(`wire type ${wireType} is not one of ONNX`);
}

function* varints(packed: Uint8Array): Generator<number> {
  for (let at = 0; at < packed.length;) {
    const [value, end] = varint(packed, at);
    yield value;
    at = end;
  }
}

/** The integer at `start`, and where it ends. */
function varint(bytes: Uint8Array, start: number): readonly [number, number] {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
  throw new RangeError('an integer is cut off');
}
