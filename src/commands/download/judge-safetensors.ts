/** A safetensors file is judged as soon as its header is there: what is no such file costs a few bytes, not gigabytes. */
import { open } from 'node:fs/promises';
import { headerLength, LENGTH_BYTES, parseHeader } from '../../../models/toolkit/safetensors-header.ts';

/** Judges a file while it comes. @returns whether it has seen enough. */
export type Judge = (path: string, have: number, total: number | null) => Promise<boolean>;

/**
 * Refuse what does not begin as a safetensors file, and one whose header does not fill the length that it is to have.
 * @throws UndertoneError `encoder-invalid`, as `parseHeader`.
 */
export const judgeSafetensors: Judge = async (path, have, total) => {
  if (have < LENGTH_BYTES && have !== total) return false;
  const file = await open(path);
  try {
    const first = await read(LENGTH_BYTES, 0);
    const length = headerLength(first, total ?? Number.MAX_SAFE_INTEGER, path);
    if (total === null || have < LENGTH_BYTES + length) return false;
    parseHeader(await read(length, LENGTH_BYTES), total, path);
    return true;
  } finally {
    await file.close();
  }
  async function read(bytes: number, at: number): Promise<Uint8Array> {
    const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, at);
    return buffer.subarray(0, bytesRead);
  }
};
