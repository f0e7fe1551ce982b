/** Protocol Buffers' wire format: as much of it as ONNX files need. */

/** One field of a message: an integer, or the bytes of what is nested or fixed in size. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of a message, in order.
 * @throws RangeError when it is cut off, or no protobuf.
 */
export function* fields(message: Uint8Array): Generator<ProtobufField> {
  for (let at = 0; at < message.length;) {
    const [key, start] = readVarint(message, at);
    const number = Math.floor(key / 8);
    if (key % 8 === 0) {
      const [value, end] = readVarint(message, start);
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
  if (wireType === 2) return readVarint(message, start);
  throw new RangeError(`wire type ${wireType} is not one of ONNX`);
}

/** Packed integers. */
export function* varints(packed: Uint8Array): Generator<number> {
  for (let at = 0; at < packed.length;) {
    const [value, end] = readVarint(packed, at);
    yield value;
    at = end;
  }
}

/** The integer at `start`, and where it ends. */
function readVarint(bytes: Uint8Array, start: number): readonly [number, number] {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
  throw new RangeError('an integer is cut off');
}

/** A nested message as a field. */
export function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return bytes(field, concat(parts));
}

/** A string as a field. */
export function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

/** Bytes as a field. */
export function bytes(field: number, value: Uint8Array): Uint8Array {
  return concat([bytesHead(field, value.length), value]);
}

/** What stands before `length` bytes as a field. */
export function bytesHead(field: number, length: number): Uint8Array {
  return concat([varint((BigInt(field) << 3n) | 2n), varint(BigInt(length))]);
}

/**
 * An integer as a field.
 * @throws RangeError for one that a double cannot hold exactly.
 */
export function integer(field: number, value: number): Uint8Array {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer that ONNX can hold`);
  return concat([varint(BigInt(field) << 3n), varint(BigInt.asUintN(64, BigInt(value)))]);
}

/** A 32-bit float as a field. */
export function float(field: number, value: number): Uint8Array {
  const fixed = new Uint8Array(4);
  new DataView(fixed.buffer).setFloat32(0, value, true);
  return concat([varint((BigInt(field) << 3n) | 5n), fixed]);
}

function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** Parts, one after another. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
