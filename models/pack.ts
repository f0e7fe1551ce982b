/**
 * The model pack: a folder that holds the networks of voice and face, and it may be layers that fuse them, with their
 * labels, calibration and decision rule. Nothing of a pack is used before all of it is verified.
 */
import { join } from 'node:path';
import { FACE_STATISTICS } from '../src/core/reference/face-statistics.ts';
import { VOICE_STATISTICS } from '../src/core/reference/voice-statistics.ts';
import type { Modality, ModelPack } from '../src/domain.ts';
import type { FusionModel, Model } from './contract.ts';
import type { NamedEncoders } from './pack-format/encoders.ts';
import { packManifest, type NetworkEntry } from './pack-format.ts';
import { decodeReference } from './pack-format/reference.ts';
import { readManifest, readNetwork } from './verified-file.ts';

/** A verified pack: what the product needs to know of it, and its networks as bytes. */
export interface LoadedPack {
  readonly pack: ModelPack;
  readonly networks: Readonly<Record<Modality, Model>> & {
    readonly fusion: FusionModel | null;
    /** Networks of attributes, where the pack has any. */
    readonly attributes: Readonly<Partial<Record<Modality, Model>>>;
  };
  /** Encoders that stand before the networks, as the manifest names them: `findEncoders` says where they are. */
  readonly encoders: NamedEncoders;
}

/** How a pack is read. */
export interface LoadOptions {
  /** The modality whose reference is left unread, as it is about to be replaced. Default: none is. */
  readonly refitting?: Modality;
}

/**
 * Read and verify the pack in `dir`: its manifest's schema, that labels, calibration and thresholds agree, and the
 * SHA-256 of every file. Whether a network has the shapes that the manifest says is checked when it is opened.
 * @throws UndertoneError `pack-invalid`, naming the file, what is wrong with it and what to do.
 * @example const { pack } = await loadPack('models/packs/starter');
 */
export async function loadPack(dir: string, { refitting }: LoadOptions = {}): Promise<LoadedPack> {
  const manifest = await readManifest(join(dir, 'pack.json'), packManifest);
  const { name, version, licence, labels, decision, networks, fusion, references, attributes, encoders } = manifest;
  /** One that speaks for several is read once. */
  const read = new Map<string, Promise<Uint8Array>>();
  const model = async (entry: Pick<NetworkEntry, 'file' | 'sha256' | 'contract'>): Promise<Model> => {
    const key = `${entry.file} ${entry.sha256}`;
    const bytes = read.get(key) ?? readNetwork(dir, entry);
    read.set(key, bytes);
    return { name: join(dir, entry.file), bytes: await bytes, contract: entry.contract };
  };
  const modelOf = async (modality: Modality): Promise<Model> => {
    const loaded = await model(networks[modality]);
    const named = references[modality];
    if (named === undefined || modality === refitting) return loaded;
    const embedding = Number(loaded.contract.outputs['embedding']?.at(-1));
    const widths = { statistics: STATISTICS[modality].length, embedding };
    const reference = decodeReference(await readNetwork(dir, named), widths, join(dir, named.file));
    return { ...loaded, contract: { ...loaded.contract, reference } };
  };
  return {
    pack: {
      name,
      version,
      licence,
      labels,
      decision,
      networks: { voice: known(networks.voice), face: known(networks.face) },
      fusion: fusion && known(fusion),
      encoders: {
        ...(encoders.voice && { voice: encoders.voice.source }),
        ...(encoders.face && { face: encoders.face.source }),
      },
    },
    encoders,
    networks: {
      voice: await modelOf('voice'),
      face: await modelOf('face'),
      fusion: fusion && { ...(await model(fusion)), serves: fusion.serves },
      attributes: {
        ...(attributes.voice && { voice: await model(attributes.voice) }),
        ...(attributes.face && { face: await model(attributes.face) }),
      },
    },
  };
}

/** What a reference tells of each modality's input. */
export const STATISTICS = { voice: VOICE_STATISTICS, face: FACE_STATISTICS } as const;

/** What leaves `models/`. */
function known<L, C>({ labels, calibration }: { readonly labels: L; readonly calibration: C }) {
  return { labels, calibration };
}
