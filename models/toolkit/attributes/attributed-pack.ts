/** A network of attributes in a pack: what the manifest says of it, and the files that stand beside. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Modality } from '../../../src/domain.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { type AttributesNetwork, attributesNetwork } from '../../pack-format/attributes.ts';
import { readShapes } from '../../runtime.ts';
import { writeNextPack } from '../next-pack.ts';
import type { WholeFolderOptions } from '../whole-folder.ts';

/** What `undertone uncertainty train` wrote, as a pack takes it. */
export interface FinishedAttributes {
  readonly modality: Modality;
  /** ONNX. */
  readonly bytes: Uint8Array;
  /** `attributes.json` as it is: kept beside the network, so that `uncertainty evaluate` can judge it. */
  readonly record: string;
  /** SHA-256 of the encoder that it learned from. */
  readonly encoder: string;
  readonly attributes: readonly string[];
  readonly interval: { readonly level: number; readonly factors: readonly number[] };
}

/** A network of attributes as a part of a pack. */
export interface AttributesPart {
  /** For `attributes.<modality>` of the manifest. */
  readonly entry: AttributesNetwork;
  readonly files: ReadonlyMap<string, Uint8Array | string>;
}

/**
 * The part of a pack that a finished network of attributes makes.
 * @throws UndertoneError `pack-invalid` for bytes that are no network, or one that does not tell all attributes.
 */
export async function attributesPart(finished: FinishedAttributes): Promise<AttributesPart> {
  const { modality, bytes, record, encoder, attributes, interval } = finished;
  const file = `attributes-${modality}.onnx`;
  const { inputs, outputs } = await readShapes({ name: file, bytes });
  const shapes = (infos: typeof inputs) => Object.fromEntries(infos.map(({ name, shape }) => [name, shape]));
  const entry = attributesNetwork.safeParse({
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    encoder,
    labels: 'derived',
    attributes,
    interval,
    inputs: shapes(inputs),
    outputs: shapes(outputs),
  });
  if (!entry.success)
    throw new UndertoneError(
      'pack-invalid',
      `this network of attributes is none that serves: ${z.prettifyError(entry.error)}`,
    );
  return {
    entry: entry.data,
    files: new Map<string, Uint8Array | string>([
      [file, bytes],
      [`attributes-${modality}.json`, record],
    ]),
  };
}

/**
 * Write the pack in `dir` with a network of attributes as the folder `out`.
 * @param provenance a line for the manifest.
 * @returns the new version.
 * @throws UndertoneError as `writeNextPack`; `pack-invalid` too for a network that learned from another encoder.
 */
export async function writeAttributedPack(
  dir: string,
  out: string,
  { provenance, ...finished }: FinishedAttributes & { readonly provenance: string },
  options: WholeFolderOptions,
): Promise<string> {
  const { entry, files } = await attributesPart(finished);
  const { modality } = finished;
  const change: Parameters<typeof writeNextPack>[2]['change'] = (earlier) => ({
    ...earlier,
    provenance: { ...earlier.provenance, [`attributes.${modality}`]: provenance },
    attributes: { ...earlier.attributes, [modality]: entry },
  });
  return writeNextPack(dir, out, { what: 'a network of attributes', change, files }, options);
}
