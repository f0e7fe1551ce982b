/** A pack with a reference: the same networks and decisions under the next version, and what they were made for. */
import { createHash } from 'node:crypto';
import type { Reference } from '../../../src/core/reference/reference.ts';
import type { Modality } from '../../../src/domain.ts';
import { encodeReference } from '../../pack-format/reference.ts';
import { writeNextPack } from '../next-pack.ts';
import type { WholeFolderOptions } from '../whole-folder.ts';

/** What is new. */
export interface NewReference {
  readonly modality: Modality;
  readonly reference: Reference;
  /** A line for the manifest's provenance. */
  readonly provenance: string;
}

/**
 * Write the pack in `dir` with a reference as the folder `out`.
 * @returns the new version.
 * @throws UndertoneError as `writeNextPack`.
 */
export function writeReferencedPack(
  dir: string,
  out: string,
  { modality, reference, provenance }: NewReference,
  options: WholeFolderOptions,
): Promise<string> {
  const file = `reference-${modality}.json`;
  const bytes = encodeReference(reference);
  const named = { file, sha256: createHash('sha256').update(bytes).digest('hex') };
  return writeNextPack(
    dir,
    out,
    {
      what: 'a reference',
      change: (earlier) => ({
        ...earlier,
        provenance: { ...earlier.provenance, [`reference.${modality}`]: provenance },
        reference: { ...earlier.reference, [modality]: named },
      }),
      files: new Map([[file, bytes]]),
    },
    options,
  );
}
