/** Writes a pack: the whole folder or nothing, whatever stops it. */
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { asUndertoneError, UndertoneError } from '../../src/errors.ts';
import { loadPack } from '../pack.ts';

/** How a pack is written. */
export interface PackFolderOptions {
  /** Write over a pack that is there already. Default false. */
  readonly replace?: boolean;
}

/**
 * Write `pack.json` and the files beside it into `dir`. They are written into a folder beside it first, read back as the
 * server would read them, and only then given the name, so `dir` never holds half a pack.
 * @param files by plain file name.
 * @throws UndertoneError `config-invalid` when `dir` is there already (and is no pack, or `replace` is not given);
 * `pack-invalid` when what was written is no pack.
 * @example await writePackFolder('packs/mine', manifest, new Map([['voice.onnx', bytes]]));
 */
export async function writePackFolder(
  dir: string,
  manifest: object,
  files: ReadonlyMap<string, Uint8Array | string>,
  { replace = false }: PackFolderOptions = {},
): Promise<void> {
  const target = resolve(dir);
  await refuseToLose(target, dir, replace);
  await mkdir(dirname(target), { recursive: true });
  const made = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  await chmod(made, 0o755);
  try {
    for (const [name, content] of [...files, ['pack.json', `${JSON.stringify(manifest, null, 2)}\n`] as const])
      await writeWhole(join(made, name), content);
    await loadPack(made);
    // A folder cannot be renamed over another: the old one steps aside first, and comes back if the new one does not.
    const aside = `${made}-old`;
    const replaced = await renameIfThere(target, aside);
    try {
      await rename(made, target);
    } catch (thrown) {
      if (replaced) await rename(aside, target);
      throw thrown;
    }
    if (replaced) await rm(aside, { recursive: true, force: true });
  } catch (thrown) {
    await rm(made, { recursive: true, force: true });
    if (thrown instanceof UndertoneError) throw thrown;
    throw new UndertoneError(
      'config-invalid',
      `${dir} cannot be written (${asUndertoneError(thrown).message}): choose another folder, or free some space`,
      { cause: thrown },
    );
  }
}

async function refuseToLose(target: string, dir: string, replace: boolean): Promise<void> {
  const there = await readdir(target).catch(async () => ((await isThere(target)) ? ['a file'] : null));
  if (there === null || there.length === 0) return;
  if (!there.includes('pack.json'))
    throw new UndertoneError('config-invalid', `${dir} is there already and is no pack: choose another folder`);
  if (!replace)
    throw new UndertoneError('config-invalid', `${dir} holds a pack already: choose another folder, or give --force`);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'w', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return false;
    throw thrown;
  }
}
