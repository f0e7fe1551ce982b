/** A folder that appears whole or not at all. */
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UndertoneError } from '../../src/errors.ts';

/** What may stand where the folder is to be. */
export interface WholeFolderOptions {
  /** Whether what is there may be replaced, if it is of the same kind. */
  readonly replace: boolean;
  /** By which the user gave the folder, for messages. */
  readonly option: string;
  /** The kind of folder, and the file by which one is known. Default: a pack, by `pack.json`. */
  readonly kind?: { readonly name: string; readonly file: string };
}

const PACK = { name: 'a pack', file: 'pack.json' };

/**
 * Refuse a place that is taken, before any work is done. An empty folder is free; only a folder of the same kind is ever replaced.
 * @throws UndertoneError `config-invalid`.
 */
export async function checkFree(folder: string, { replace, option, kind = PACK }: WholeFolderOptions): Promise<void> {
  const refuse = (why: string) => new UndertoneError('config-invalid', `${option}: ${why}`);
  const parent = await stat(dirname(resolve(folder))).catch(() => null);
  if (!parent?.isDirectory()) throw refuse(`there is no folder '${dirname(folder)}': make it, or choose another place`);
  const found = await stat(folder).catch(() => null);
  if (found === null) return;
  if (!found.isDirectory()) throw refuse(`'${folder}' is a file: choose a folder that is not there yet`);
  const names = await readdir(folder);
  if (names.length === 0) return;
  if (!replace) throw refuse(`'${folder}' is there already: choose another folder, or replace it by --force`);
  if (!names.includes(kind.file))
    throw refuse(
      `'${folder}' holds something other than ${kind.name}, which --force does not replace: choose another folder`,
    );
}

/**
 * Fill a temporary folder beside `folder`, then give it its name. Whatever fails, and whenever it is stopped before that, what
 * was there stays and nothing is left over.
 * @param fill writes into the folder that it is given, and throws where something is wrong with it.
 * @throws UndertoneError as `checkFree`, where the disk is full, and whatever else `fill` throws.
 */
export async function writeWholeFolder(
  folder: string,
  options: WholeFolderOptions,
  fill: (dir: string) => Promise<void>,
): Promise<void> {
  await checkFree(folder, options);
  const place = resolve(folder);
  const part = await mkdtemp(join(dirname(place), `.${basename(place)}.part-`)).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `cannot write beside '${folder}': choose another ${options.option}`, {
      cause,
    });
  });
  const old = `${part}-old`;
  try {
    await fill(part).catch((cause: unknown) => {
      if (!isFull(cause)) throw cause;
      throw new UndertoneError(
        'config-invalid',
        `${options.option}: the disk of '${folder}' is full: make room, or choose another folder`,
        { cause },
      );
    });
    await rename(place, old).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
    try {
      await rename(part, place);
    } catch (error) {
      await rename(old, place).catch(() => undefined);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
