/** A pack with something more: the same networks and decisions under the next version. */
import { chmod, cp, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../src/errors.ts';
import { loadPack } from '../pack.ts';
import { packManifest } from '../pack-format.ts';
import { format2, type Format2 } from '../pack-format/format-2.ts';
import { readManifest } from '../verified-file.ts';
import { type WholeFolderOptions, writeWholeFolder } from './whole-folder.ts';

/** What is new. */
export interface PackAddition {
  /** For messages, for example 'a reference'. */
  readonly what: string;
  /** What the manifest of the pack becomes, but for its version. */
  readonly change: (manifest: Format2) => Format2;
  /** Files that are added, or replaced, by name. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
}

/**
 * Refuse a pack whose format has no place for an addition, before any work is done.
 * @throws UndertoneError `config-invalid`; `pack-invalid` for a broken pack.
 */
export async function checkTakes(dir: string, what: string): Promise<void> {
  const { format } = await readManifest(join(dir, 'pack.json'), packManifest);
  if (format === 2) return;
  throw new UndertoneError(
    'config-invalid',
    `${dir} is a pack of format ${format}, which has no place for ${what}: choose one of format 2 (docs/packs.md)`,
  );
}

/**
 * Write the pack in `dir` with an addition as the folder `out`: whole, verified as any pack is at load, or not at all.
 * Everything else in `dir` is copied.
 * @returns the new version: the last of its three numbers is one more.
 * @throws UndertoneError `config-invalid` for a place that is taken, or a pack of another format; `pack-invalid` for a broken one.
 * @example await writeNextPack(dir, out, { what: 'a licence', change: (pack) => ({ ...pack, licence }), files: new Map() }, options);
 */
export async function writeNextPack(
  dir: string,
  out: string,
  { what, change, files }: PackAddition,
  options: WholeFolderOptions,
): Promise<string> {
  if (!relative(resolve(dir), resolve(out)).startsWith('..') && resolve(dir) !== resolve(out))
    throw new UndertoneError(
      'config-invalid',
      `${options.option}: '${out}' is inside the pack: choose a folder beside it`,
    );
  await checkTakes(dir, what);
  const earlier = await readManifest(join(dir, 'pack.json'), format2);
  const [major = '0', minor = '0', patch = '0'] = earlier.version.split('.');
  const version = `${major}.${minor}.${Number(patch) + 1}`;
  const checked = format2.safeParse({ ...change(earlier), version });
  if (!checked.success)
    throw new UndertoneError('pack-invalid', `${dir} does not take it: ${z.prettifyError(checked.error)}`);
  const manifest = checked.data;
  await writeWholeFolder(out, options, async (part) => {
    const filter = (source: string) => !basename(source).endsWith('.part');
    await cp(dir, part, { recursive: true, dereference: true, filter });
    // A pack that was installed read-only would make a folder that cannot be written into.
    await chmod(part, 0o755);
    for (const [name, content] of [...files, ['pack.json', `${JSON.stringify(manifest, null, 2)}\n`] as const])
      await writeFile(join(part, name), content);
    await loadPack(part);
  });
  return version;
}
