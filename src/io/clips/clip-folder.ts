/** A folder of files that are there whole or not at all, two levels deep by the first digits of their names. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UndertoneError } from '../../errors.ts';

/** A file of the folder as the sweep sees it. */
export interface ClipFile {
  readonly path: string;
  /** Null for what was never finished. */
  readonly name: string | null;
  readonly changedMs: number;
}

/** The only names there are: nothing else is ever part of a path. */
export const CLIP_NAME = /^[0-9a-f]{64}$/;

const WHOLE = /^([0-9a-f]{64})\.(?:webm|sealed)$/;
const PART = /^[0-9a-f]{64}\.[0-9a-f]{16}\.part$/;
const LEVEL = /^[0-9a-f]{2}$/;
/** Folders in which a clip's way begins: its own two, that of all clips, and the one in which that lies. */
const LEVELS = 4;

/** Where a clip lies: `sealed` when it is encrypted. */
export function clipPath(folder: string, name: string, kind: 'webm' | 'sealed'): string {
  if (!CLIP_NAME.test(name)) throw new UndertoneError('internal', 'a clip must be named by 64 hex digits');
  return join(folder, name.slice(0, 2), name.slice(2, 4), `${name}.${kind}`);
}

/**
 * Write a file and resolve when it would survive a crash: under a temporary name, on the disk, then named, and the naming on
 * the disk. Readable by the server's user alone.
 * @param onPart hears the temporary path before anything is there.
 * @throws UndertoneError `disk-full`, `store-unavailable`; nothing half-written is left.
 */
export async function writeDurably(path: string, bytes: Uint8Array, onPart: (part: string) => void): Promise<void> {
  const folder = dirname(path);
  const part = join(folder, `${basename(path).slice(0, 64)}.${randomBytes(8).toString('hex')}.part`);
  onPart(part);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    // A folder that was made just now has its own name in the one above it.
    for (let above = folder, level = 0; level < LEVELS; above = dirname(above), level++) await syncFolder(above);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    throw unwritable(folder, cause);
  }
}

/** Null where there is no such file. @throws UndertoneError `store-unavailable`. */
export async function readWhole(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw new UndertoneError('store-unavailable', `cannot read a clip (${codeOf(cause)}): look after the disk`, {
      cause,
    });
  }
}

/** Every file that `writeDurably` made or began; what else lies there is nobody's business. */
export async function* clipFiles(folder: string): AsyncGenerator<ClipFile> {
  for (const first of await namesIn(folder)) {
    if (!LEVEL.test(first)) continue;
    for (const second of await namesIn(join(folder, first))) {
      if (!LEVEL.test(second)) continue;
      for (const file of await namesIn(join(folder, first, second))) {
        const name = WHOLE.exec(file)?.[1] ?? null;
        if (name === null && !PART.test(file)) continue;
        const path = join(folder, first, second, file);
        // It may have been finished, or deleted, since its folder was listed.
        const found = await stat(path).catch(() => null);
        if (found?.isFile() === true) yield { path, name, changedMs: Math.floor(found.mtimeMs) };
      }
    }
  }
}

/** Delete files; when it resolves they do not come back after a crash. @throws UndertoneError `store-unavailable`. */
export async function removeDurably(paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) await rm(path, { force: true });
    for (const folder of new Set(paths.map((path) => dirname(path)))) await syncFolder(folder);
  } catch (cause) {
    throw new UndertoneError('store-unavailable', `cannot delete clips (${codeOf(cause)}): look after the disk`, {
      cause,
    });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
    throw new UndertoneError('store-unavailable', `cannot list '${folder}' (${codeOf(error)})`, { cause: error });
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** No space, no quota, or a limit on the size of files: all mean that there is no room. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function unwritable(folder: string, cause: unknown): UndertoneError {
  const code = codeOf(cause);
  return FULL.has(code)
    ? new UndertoneError('disk-full', `there is no room for a clip in '${folder}' (${code}): make room`, { cause })
    : new UndertoneError(
        'store-unavailable',
        `cannot keep a clip in '${folder}' (${code}): let the server write there`,
        {
          cause,
        },
      );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}
