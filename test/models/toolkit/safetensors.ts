/** Writes safetensors files for tests: right ones, and wrong ones. */

/** A tensor to write. */
export interface Written {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | Float16Array | Uint16Array | BigInt64Array;
  /** As the format names it. Default: by the kind of array; a Uint16Array is BF16. */
  readonly dtype?: string;
}

/** A file around a header of any text. */
export function withHeader(header: string, data: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** A file of these tensors, one after another. */
export function safetensors(tensors: readonly Written[]): Buffer {
  let at = 0;
  const header = tensors.map(({ name, dims, data, dtype = typeOf(data) }) => {
    const data_offsets = [at, (at += data.byteLength)];
    return [name, { dtype, shape: dims, data_offsets }] as const;
  });
  const bytes = tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return withHeader(
    JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(header) }),
    Buffer.concat(bytes),
  );
}

function typeOf(data: Written['data']): string {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float16Array) return 'F16';
  return data instanceof Uint16Array ? 'BF16' : 'I64';
}
