/** A pack with a reference: the same networks and decisions under the next version, and what they were made for. */
import { createHash } from 'node:crypto';
import { chmod, cp, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { Reference } from '../../../src/core/reference/reference.ts';
import type { Modality } from '../../../src/domain.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { loadPack } from '../../pack.ts';
import { format2 } from '../../pack-format/format-2.ts';
import { encodeReference } from '../../pack-format/reference.ts';
import { readManifest } from '../../verified-file.ts';
import { type WholeFolderOptions, writeWholeFolder } from '../whole-folder.ts';

/** What is new. */
export interface NewReference {
  readonly modality: Modality;
  readonly reference: Reference;
  /** A line for the manifest's provenance. */
  readonly provenance: string;
}

/**
 * Write the pack in `dir` with a reference as the folder `out`: whole, verified as any pack is at load, or not at all.
 * @returns the new version: the last of its three numbers is one more.
 * @throws UndertoneError `config-invalid` for a place that is taken; `pack-invalid` for a broken pack, or one of format 1.
 */
export async function writeReferencedPack(
  dir: string,
  out: string,
  { modality, reference, provenance }: NewReference,
  options: WholeFolderOptions,
): Promise<string> {
  if (!relative(resolve(dir), resolve(out)).startsWith('..') && resolve(dir) !== resolve(out))
    throw new UndertoneError(
      'config-invalid',
      `${options.option}: '${out}' is inside the pack: choose a folder beside it`,
    );
  const earlier = await readManifest(join(dir, 'pack.json'), format2);
  const [major = '0', minor = '0', patch = '0'] = earlier.version.split('.');
  const file = `reference-${modality}.json`;
  const bytes = encodeReference(reference);
  const named = { file, sha256: createHash('sha256').update(bytes).digest('hex') };
  const manifest: typeof earlier = {
    ...earlier,
    version: `${major}.${minor}.${Number(patch) + 1}`,
    provenance: { ...earlier.provenance, [`reference.${modality}`]: provenance },
    reference: { ...earlier.reference, [modality]: named },
  };
  await writeWholeFolder(out, options, async (part) => {
    const filter = (source: string) => !basename(source).endsWith('.part');
    await cp(dir, part, { recursive: true, dereference: true, filter });
    // A pack that was installed read-only would make a folder that cannot be written into.
    await chmod(part, 0o755);
    for (const [name, content] of [
      ['pack.json', `${JSON.stringify(manifest, null, 2)}\n`],
      [file, bytes],
    ] as const) {
      await writeFile(join(part, name), content, { flag: 'w' });
    }
    await loadPack(part);
  });
  return manifest.version;
}
