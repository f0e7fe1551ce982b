/** What is known of a file in the cache: written beside it before its first byte. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../part-file.ts';

const schema = z.object({
  url: z.string(),
  /** Of the file, as the server names this version of it; only strong ones, which stand for the same bytes. */
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** Length; null where the server did not tell. */
  bytes: z.number().nullable(),
  /** There once all of it is. */
  sha256: z.string().nullable(),
});

/** What is known of a file. */
export type FileRecord = z.infer<typeof schema>;

/** What of a file there is. */
export interface Kept {
  /** Null where nothing is known, so that nothing of it can be used. */
  readonly record: FileRecord | null;
  /** Whether all of it is there. */
  readonly whole: boolean;
  /** Bytes under `partPath`. */
  readonly partBytes: number;
}

/** Under which name a file is until it is whole. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** What there is of the file at `path`, of this address. */
export async function readKept(path: string, url: string): Promise<Kept> {
  const record = await readFile(recordPath(path), 'utf8')
    .then((text) => schema.parse(JSON.parse(text)))
    .catch(() => null);
  if (record?.url !== url) return { record: null, whole: false, partBytes: 0 };
  const whole = record.sha256 !== null && (await sizeOf(path)) === record.bytes;
  return { record, whole, partBytes: whole ? 0 : await sizeOf(partPath(path)) };
}

/** Keep what is known of a file. */
export async function writeRecord(path: string, record: FileRecord): Promise<void> {
  await writeWhole(recordPath(path), `${JSON.stringify(record, null, 2)}\n`, 'XDG_CACHE_HOME');
}

/** By what a later request can tell whether it is the same version still; null where the server named nothing. */
export function validatorOf({ etag, lastModified }: FileRecord): string | null {
  return etag ?? lastModified;
}

function recordPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.json`);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
