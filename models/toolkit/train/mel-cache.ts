/** Log-mel frames on disk: minutes of work that a run which was stopped need not do again, and more than memory holds. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MEL_BANDS } from '../../../src/core/features.ts';
import { asUndertoneError, UndertoneError } from '../../../src/errors.ts';

/** Bytes of one frame. */
const FRAME_BYTES = 4 * MEL_BANDS;

/** Part of every key: changes when the front end or the augmentation computes other numbers. */
const GENERATION = 1;

/**
 * The file of one variant of a clip.
 * @param key everything that decides what is in it.
 */
export function logMelFile(folder: string, key: readonly unknown[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([GENERATION, ...key]))
    .digest('hex');
  return join(folder, hash.slice(0, 2), `${hash.slice(2)}.f32`);
}

/** Whether the file is there, and whole. */
export async function hasLogMel(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && found.size > 0 && found.size % FRAME_BYTES === 0;
}

/**
 * Write frames, whole or not at all.
 * @throws UndertoneError `training-failed` when there is no room.
 */
export async function writeLogMel(file: string, frames: Float32Array): Promise<void> {
  const part = `${file}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(part, new Uint8Array(frames.buffer, frames.byteOffset, frames.byteLength));
    await rename(part, file);
  } catch (cause) {
    throw new UndertoneError(
      'training-failed',
      `${file} cannot be written (${asUndertoneError(cause).message}): free some space, or choose another --out`,
      { cause },
    );
  }
}

/**
 * Frames [n, 64], read at once: a batch is put together without a pause.
 * @throws UndertoneError `training-failed` when the file is gone.
 */
export function readLogMel(file: string): Float32Array {
  try {
    const bytes = readFileSync(file);
    const frames = new Float32Array(bytes.byteLength / 4);
    new Uint8Array(frames.buffer).set(bytes);
    return frames;
  } catch (cause) {
    throw new UndertoneError(
      'training-failed',
      `${file} cannot be read (${asUndertoneError(cause).message}): run the same command again, which makes it anew`,
      { cause },
    );
  }
}
