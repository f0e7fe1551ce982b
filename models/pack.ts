/**
 * The model pack: a folder that holds the networks of voice and face with their labels, calibration and decision rule.
 * Nothing of a pack is used before all of it is verified.
 */
import { join } from 'node:path';
import type { Modality, ModelPack, PackNetwork } from '../src/domain.ts';
import type { Contract, Model } from './contract.ts';
import { packManifest, type PackManifest } from './pack-format.ts';
import { readManifest, readNetwork } from './verified-file.ts';

/** A verified pack: what the product needs to know of it, and its networks as bytes. */
export interface LoadedPack {
  readonly pack: ModelPack;
  readonly networks: Readonly<Record<Modality, Model>>;
}

/**
 * Read and verify the pack in `dir`: its manifest's schema, that labels, calibration and thresholds agree, and the
 * SHA-256 of every file. Whether a network has the shapes that the manifest says is checked when it is opened.
 * @throws UndertoneError `pack-invalid`, naming the file, what is wrong with it and what to do.
 * @example const { pack } = await loadPack('models/packs/starter');
 */
export async function loadPack(dir: string): Promise<LoadedPack> {
  const manifest = await readManifest(join(dir, 'pack.json'), packManifest);
  const { name, version, licence, labels, decision, networks } = manifest;
  const model = async (modality: Modality): Promise<Model> => ({
    name: join(dir, networks[modality].file),
    bytes: await readNetwork(dir, networks[modality]),
    contract: contractOf(networks[modality]),
  });
  return {
    pack: {
      name,
      version,
      licence,
      labels,
      decision,
      networks: { voice: packNetwork(networks.voice), face: packNetwork(networks.face) },
    },
    networks: { voice: await model('voice'), face: await model('face') },
  };
}

type NetworkEntry = PackManifest['networks'][Modality];

function packNetwork({ labels, calibration }: NetworkEntry): PackNetwork {
  return { labels, calibration };
}

function contractOf({ inputs, outputs }: NetworkEntry): Contract {
  return { inputs: { ...inputs }, outputs: { ...outputs } };
}
