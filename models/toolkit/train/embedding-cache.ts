/** Embeddings on disk: encoded once, in portions, so that a run which was stopped encodes no portion twice. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asUndertoneError, UndertoneError } from '../../../src/errors.ts';

/** A clip's embeddings; the first is of the clip as it is. None where it cannot be read. */
export interface CachedClip {
  readonly id: string;
  /** Why there is none; empty where there is. */
  readonly unread: string;
  readonly looks: readonly Float32Array[];
}

/**
 * A portion of clips, from the folder or made and kept there.
 * @param key everything that decides what is in it.
 * @param make encodes the portion; called only where it is not there. Null where it was stopped: then nothing is kept.
 * @throws UndertoneError `training-failed` when it cannot be written; what `make` throws.
 */
export async function cachedPortion(
  folder: string,
  key: readonly unknown[],
  make: () => Promise<readonly CachedClip[] | null>,
): Promise<readonly CachedClip[] | null> {
  const file = join(
    folder,
    `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)}.embeddings`,
  );
  const there = await readFile(file).then(decoded, () => null);
  if (there) return there;
  const made = await make();
  if (!made) return null;
  const part = `${file}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(part, encoded(made));
    await rename(part, file);
  } catch (cause) {
    throw new UndertoneError(
      'training-failed',
      `${file} cannot be written (${asUndertoneError(cause).message}): free some space, or choose another --cache`,
      { cause },
    );
  }
  return made;
}

/** A line of JSON, then all numbers. */
function encoded(clips: readonly CachedClip[]): Uint8Array {
  const width = clips.find(({ looks }) => looks.length > 0)?.looks[0]?.length ?? 0;
  const head = JSON.stringify({ width, clips: clips.map(({ id, unread, looks }) => [id, unread, looks.length]) });
  const line = Buffer.from(`${head}\n`);
  const numbers = clips.flatMap(({ looks }) =>
    looks.map((look) => Buffer.from(look.buffer, look.byteOffset, look.byteLength)),
  );
  return Buffer.concat([line, ...numbers]);
}

const header = z.object({ width: z.int().min(0), clips: z.array(z.tuple([z.string(), z.string(), z.int().min(0)])) });

/** @returns null for what is no such file, or cut off. */
function decoded(bytes: Buffer): readonly CachedClip[] | null {
  const end = bytes.indexOf('\n');
  const parsed = header.safeParse(json(bytes.toString('utf8', 0, Math.max(0, end))));
  if (!parsed.success) return null;
  const { width, clips } = parsed.data;
  const total = clips.reduce((sum, [, , looks]) => sum + looks, 0);
  if (bytes.length !== end + 1 + 4 * width * total) return null;
  const numbers = new Float32Array(width * total);
  new Uint8Array(numbers.buffer).set(bytes.subarray(end + 1));
  let at = 0;
  return clips.map(([id, unread, count]) => ({
    id,
    unread,
    looks: Array.from({ length: count }, () => numbers.subarray(at, (at += width))),
  }));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
