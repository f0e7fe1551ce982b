/** Safetensors files: opened, judged, and read a tensor at a time, never whole. */
import { type FileHandle, open } from 'node:fs/promises';
import { UndertoneError } from '../../src/errors.ts';
import {
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsEntry,
  type SafetensorsType,
} from './safetensors-header.ts';

/** An open safetensors file. */
export interface SafetensorsFile {
  readonly path: string;
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  /**
   * The numbers of one tensor of this file as float32, row-major.
   * @throws UndertoneError `encoder-invalid` for a type that is no float, a tensor of more than 1 GiB, a file that has become shorter, or
   * a number that is not finite: what is no number in a network makes no number of all that follows.
   */
  read(entry: SafetensorsEntry): Promise<Float32Array>;
  close(): Promise<void>;
}

const MOST_TENSOR_BYTES = 1 << 30;

/** How elements become float32. */
const FLOATS: Partial<Record<SafetensorsType, (bytes: ArrayBuffer) => Float32Array>> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => Float32Array.from(new Float64Array(bytes)),
  F16: (bytes) => Float32Array.from(new Float16Array(bytes)),
  // The upper half of a float32.
  BF16: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer),
};

/**
 * Open a file and judge its header.
 * @throws UndertoneError `encoder-invalid` when it cannot be opened, or as `parseHeader` does.
 * @example
 * const file = await openSafetensors('model.safetensors');
 * for (const entry of file.entries) console.log(entry.name, entry.dims, await file.read(entry));
 * await file.close();
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path).catch((cause: unknown) => {
    throw new UndertoneError('encoder-invalid', `${path} cannot be read: give the path of a safetensors file`, {
      cause,
    });
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new UndertoneError('encoder-invalid', `${path} is not a file`);
    const first = await readBytes(file, 0, Math.min(LENGTH_BYTES, found.size), path);
    const length = headerLength(first, found.size, path);
    const entries = parseHeader(await readBytes(file, LENGTH_BYTES, length, path), found.size, path);
    return { path, entries, read: (entry) => readTensor(file, entry, path), close: () => file.close() };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

async function readTensor(file: FileHandle, { name, type, offset, bytes }: SafetensorsEntry, path: string) {
  const refuse = (why: string) => new UndertoneError('encoder-invalid', `${path}: tensor '${name}' ${why}`);
  const floats = FLOATS[type];
  if (!floats) throw refuse(`is of ${type}: weights are of ${Object.keys(FLOATS).join(', ')}`);
  if (bytes > MOST_TENSOR_BYTES) throw refuse(`has ${bytes} bytes: at most ${MOST_TENSOR_BYTES} are read`);
  const numbers = floats((await readBytes(file, offset, bytes, path)).buffer);
  const odd = numbers.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0) throw refuse(`holds ${numbers[odd] ?? NaN} at ${odd}: the checkpoint is damaged, fetch it again`);
  return numbers;
}

/** @throws UndertoneError `encoder-invalid` when the file ends before that. */
async function readBytes(file: FileHandle, from: number, length: number, path: string) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at);
    if (bytesRead === 0)
      throw new UndertoneError('encoder-invalid', `${path} became shorter while it was read: import it again`);
    at += bytesRead;
  }
  return bytes;
}
