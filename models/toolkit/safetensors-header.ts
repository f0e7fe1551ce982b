/**
 * The header of a safetensors file, judged before anything else of the file is read: nothing it says is believed until
 * every number in it agrees with the file's size. Pure.
 */
import { z } from 'zod';
import { UndertoneError } from '../../src/errors.ts';

/** Bytes of one element, by element type as the format names it. */
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;

/** Type of a tensor's elements. */
export type SafetensorsType = keyof typeof ELEMENT_BYTES;

/** One tensor of a file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly type: SafetensorsType;
  /** Row-major; an empty list is a scalar. */
  readonly dims: readonly number[];
  /** Where its bytes begin in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** A header may be as long as this; the format's own reader allows no more. */
const MOST_HEADER_BYTES = 100_000_000;
/** Bytes before the header, which hold its length. */
export const LENGTH_BYTES = 8;
const MOST_SIDES = 8;

const side = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.strictObject({
  dtype: z.enum(Object.keys(ELEMENT_BYTES) as [SafetensorsType, ...SafetensorsType[]]),
  shape: z.array(side).max(MOST_SIDES),
  data_offsets: z.tuple([side, side]),
});

/**
 * How long the header is.
 * @param first the file's first 8 bytes, or all of a shorter file.
 * @param fileBytes the file's size.
 * @param path for messages.
 * @throws UndertoneError `encoder-invalid` when the file cannot hold a header of that length.
 */
export function headerLength(first: Uint8Array, fileBytes: number, path: string): number {
  if (first.length < LENGTH_BYTES || fileBytes < LENGTH_BYTES + 2)
    throw refusal(path, `it has ${fileBytes} bytes, too few for a header`);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  const most = Math.min(fileBytes - LENGTH_BYTES, MOST_HEADER_BYTES);
  if (length < 2n || length > BigInt(most))
    throw refusal(path, `it says that its header has ${length} bytes, where 2 to ${most} are possible`);
  return Number(length);
}

/**
 * The tensors that a header describes, in the order of their bytes. They fill the file from the header's end to the last
 * byte, each where the one before it ends.
 * @param header the bytes of the JSON.
 * @throws UndertoneError `encoder-invalid`, naming the file and the tensor, for anything else.
 * @example parseHeader(new TextEncoder().encode('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'), 70, 'w.safetensors');
 */
export function parseHeader(header: Uint8Array, fileBytes: number, path: string): readonly SafetensorsEntry[] {
  const start = LENGTH_BYTES + header.length;
  const room = fileBytes - start;
  const entries = Object.entries(parseJson(header, path)).flatMap(([name, described]) =>
    name === '__metadata__' ? [] : [entryOf(name, described, start, room, path)],
  );
  entries.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let end = start;
  for (const { name, offset, bytes } of entries) {
    if (offset !== end)
      throw refusal(path, `tensor '${name}' begins ${gap(offset - end)} the end of the one before it`);
    end += bytes;
  }
  if (end !== fileBytes) throw refusal(path, `${fileBytes - end} bytes after its last tensor belong to none`);
  return entries;
}

function entryOf(name: string, described: unknown, start: number, room: number, path: string): SafetensorsEntry {
  const parsed = entrySchema.safeParse(described);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refusal(path, `tensor '${name}': ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a description'}`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [from, to] = data_offsets;
  if (from > to || to > room)
    throw refusal(path, `tensor '${name}' lies at bytes ${from} to ${to}, and there are ${room} bytes of tensors`);
  // Each factor is checked as it comes: the product of sides that lie would pass what a double holds exactly. A side of
  // 0 makes all others harmless.
  let elements = shape.includes(0) ? 0 : 1;
  for (const length of elements === 0 ? [] : shape) {
    elements *= length;
    if (elements > room) break;
  }
  const bytes = elements * ELEMENT_BYTES[dtype];
  if (bytes !== to - from)
    throw refusal(path, `tensor '${name}' of ${dtype} [${shape.join(', ')}] does not fill its ${to - from} bytes`);
  return { name, type: dtype, dims: shape, offset: start + from, bytes };
}

function parseJson(header: Uint8Array, path: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    json = JSON.parse(text);
  } catch (cause) {
    throw refusal(path, 'its header is not JSON', cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refusal(path, 'its header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== null) throw refusal(path, `its header names '${twice}' twice`);
  return json as Record<string, unknown>;
}

/** A key that an object's text has twice at its outermost level; JSON.parse would keep the last without a word. */
function repeatedKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const end = stringEnd(json, at);
      if (depth === 1 && isKey(json, end)) {
        const key = String(JSON.parse(json.slice(at, end)));
        if (seen.has(key)) return key;
        seen.add(key);
      }
      at = end - 1;
    }
  }
  return null;
}

/** After the quote that ends the string that begins at `at`; the text is known to be JSON. */
function stringEnd(json: string, at: number): number {
  let end = at + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** Whether a colon follows. */
function isKey(json: string, from: number): boolean {
  const colon = /[ \t\r\n]*:/y;
  colon.lastIndex = from;
  return colon.test(json);
}

function gap(bytes: number): string {
  return bytes > 0 ? `${bytes} bytes after` : `${-bytes} bytes before`;
}

function refusal(path: string, why: string, cause?: unknown): UndertoneError {
  return new UndertoneError(
    'encoder-invalid',
    `${path} is no whole safetensors file: ${why}. Fetch or export it again`,
    { cause },
  );
}
