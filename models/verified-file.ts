/** Reading what a manifest names: bounded in size, and only if it is exactly what the manifest was made for. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { UndertoneError } from '../src/errors.ts';

/** A file beside a manifest and what it must hash to. */
export interface NamedFile {
  /** A plain file name; the manifest's schema has refused folder parts. */
  readonly file: string;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

const MANIFEST_BYTES = 1 << 20;
const NETWORK_BYTES = 1 << 30;

/**
 * The manifest at `path`, checked against its schema.
 * @throws UndertoneError `pack-invalid`, with every problem and its place in the file.
 */
export async function readManifest<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>> {
  const bytes = await readBounded(path, MANIFEST_BYTES);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new UndertoneError('pack-invalid', `${path} is not JSON: ${String(cause)}`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${path}: ${issue.path.join('.') || 'the manifest'}: ${issue.message}`,
  );
  throw new UndertoneError('pack-invalid', problems.join('\n'), { cause: parsed.error });
}

/**
 * The bytes of a network that a manifest in `dir` names.
 * @throws UndertoneError `pack-invalid` when the file is missing, too large, or not the one the manifest was made for.
 */
export async function readNetwork(dir: string, { file, sha256 }: NamedFile): Promise<Uint8Array> {
  const path = join(dir, file);
  const bytes = await readBounded(path, NETWORK_BYTES);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new UndertoneError(
      'pack-invalid',
      `${path} has SHA-256 ${actual}, but its manifest says ${sha256}: ` +
        'the file is damaged or another one; restore it, or correct the manifest if the change is meant',
    );
  return bytes;
}

async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new UndertoneError('pack-invalid', `${path} is not a file: put the pack's file there`);
    if (found.size > maxBytes)
      throw new UndertoneError('pack-invalid', `${path} has ${found.size} bytes; at most ${maxBytes} are read`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof UndertoneError) throw cause;
    throw new UndertoneError(
      'pack-invalid',
      `${path} cannot be read (${String(cause)}): restore it or choose another folder (UNDERTONE_PACK is the pack's)`,
      {
        cause,
      },
    );
  }
}
