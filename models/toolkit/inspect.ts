/** What a pack is, after everything in it was verified. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Label, Modality, ModelPack, NetworkCalibration } from '../../src/domain.ts';
import { asUndertoneError } from '../../src/errors.ts';
import type { Contract, Model } from '../contract.ts';
import { encoderFolder, findEncoders } from '../pack-encoders.ts';
import type { NamedEncoders } from '../pack-format/encoders.ts';
import { loadPack, STATISTICS } from '../pack.ts';
import { type AttributesEntry, packManifest, type PackManifest } from '../pack-format.ts';
import { openNetwork } from '../runtime.ts';
import { readManifest } from '../verified-file.ts';
import { onnxParameters } from './onnx-parameters.ts';

/** One network of a pack. */
export interface NetworkDescription {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Floating-point weights. */
  readonly parameters: number;
  readonly labels: readonly Label[];
  readonly inputs: Contract['inputs'];
  readonly outputs: Contract['outputs'];
  /** Of the shared layers, for each subset of modalities that they serve; else one. */
  readonly calibration: Readonly<Record<string, NetworkCalibration>>;
}

/** What a network was made for: a clip beyond either bound is out of distribution. */
export interface ReferenceDescription {
  readonly file: string;
  readonly sha256: string;
  /** Of the network's input; `bound` is the greatest squared Mahalanobis distance that belongs to it. */
  readonly statistics: { readonly names: readonly string[]; readonly bound: number };
  /** Of what the network makes of it. */
  readonly embedding: { readonly numbers: number; readonly bound: number };
  /** How many clips of which corpus it was fitted on, and for which alarms, as `undertone reference fit` noted it. */
  readonly fittedOn?: string;
}

/** One network of attributes of a pack. */
export interface AttributesDescription
  extends
    Pick<NetworkDescription, 'file' | 'sha256' | 'bytes' | 'parameters' | 'inputs' | 'outputs'>,
    Pick<AttributesEntry, 'encoder' | 'labels' | 'interval'> {}

/** One encoder of a pack. */
export interface EncoderDescription {
  readonly kind: string;
  /** What it was imported from. */
  readonly source: string;
  readonly sha256: string;
  /** As the manifest names it. */
  readonly folder: string;
  /** Numbers in one state. */
  readonly width: number;
  /** Voice: hidden states that are given on. */
  readonly layers?: readonly number[];
  /** Face: side of what it sees, pixels. */
  readonly side?: number;
  /** Where it was looked for. Its network is opened by whoever runs the pack, not here. */
  readonly dir: string;
  /** Why it cannot serve from there; null where it can. */
  readonly problem: string | null;
}

/** A pack, as `inspect` tells it. */
export interface PackDescription extends Pick<PackManifest, 'format' | 'name' | 'version' | 'licence' | 'labels'> {
  readonly networks: Readonly<Partial<Record<'voice' | 'face' | 'fusion', NetworkDescription>>>;
  /** By the modality whose embeddings they look at. */
  readonly attributes: Readonly<Partial<Record<Modality, AttributesDescription>>>;
  /** Those that stand before the networks; none of a pack of format 1 or 2. */
  readonly encoders: Readonly<Partial<Record<Modality, EncoderDescription>>>;
  /** Bytes of all networks' files, each once. */
  readonly bytes: number;
  readonly decision: ModelPack['decision'];
  /** What it knows as its own kind of voice and face; without one, nothing is out of distribution. */
  readonly references: Readonly<Partial<Record<Modality, ReferenceDescription>>>;
  readonly provenance: PackManifest['provenance'];
  /** First lines of README.md beside the manifest; empty where there is none. */
  readonly card: readonly string[];
}

/** Lines of the model card that are told. */
const CARD_LINES = 12;

/**
 * Read, verify and describe the pack in `dir`: hashes are compared and each network is opened, which checks its names and shapes.
 * @param encodersRoot folder that holds encoders, in place of those that the manifest names (`findEncoders`).
 * @throws UndertoneError `pack-invalid` as `loadPack` and `openNetwork`.
 * @example (await inspectPack('models/packs/starter')).networks.face?.parameters;
 */
export async function inspectPack(dir: string, encodersRoot?: string): Promise<PackDescription> {
  const { networks } = await loadPack(dir);
  const manifest = await readManifest(join(dir, 'pack.json'), packManifest);
  const { format, name, version, licence, labels, decision, provenance, fusion } = manifest;
  const { voice, face } = manifest.networks;
  const described = {
    voice: await describe(networks.voice, { ...voice, calibration: { voice: voice.calibration } }),
    face: await describe(networks.face, { ...face, calibration: { face: face.calibration } }),
    ...(fusion && networks.fusion && { fusion: await describe(networks.fusion, fusion) }),
  };
  const voiceReference = describeReference('voice', networks.voice, manifest);
  const faceReference = describeReference('face', networks.face, manifest);
  const attributes: Partial<Record<Modality, AttributesDescription>> = {};
  for (const modality of ['voice', 'face'] as const) {
    const [entry, model] = [manifest.attributes[modality], networks.attributes[modality]];
    if (!entry || !model) continue;
    const { file, sha256, encoder, labels, interval } = entry;
    attributes[modality] = { file, sha256, ...(await measure(model)), encoder, labels, interval };
  }
  const all = [...Object.values(described), ...Object.values(attributes)];
  const bytes = [...new Map(all.map((network) => [network.file, network.bytes])).values()].reduce(
    (sum, n) => sum + n,
    0,
  );
  return {
    format,
    name,
    version,
    licence,
    labels,
    networks: described,
    attributes,
    encoders: await describeEncoders(dir, manifest.encoders, encodersRoot),
    bytes,
    decision,
    references: {
      ...(voiceReference && { voice: voiceReference }),
      ...(faceReference && { face: faceReference }),
    },
    provenance,
    card: await firstLines(join(dir, 'README.md')),
  };
}

type Described = Pick<NetworkDescription, 'file' | 'sha256' | 'labels' | 'calibration'>;

async function describe(model: Model, { file, sha256, labels, calibration }: Described): Promise<NetworkDescription> {
  return { file, sha256, ...(await measure(model)), labels, calibration };
}

/** Opens a network, which checks its names and shapes, and tells its size. */
async function measure(model: Model): Promise<Pick<NetworkDescription, 'bytes' | 'parameters' | 'inputs' | 'outputs'>> {
  const network = await openNetwork(model);
  await network.close();
  const { inputs, outputs } = model.contract;
  return { bytes: model.bytes.length, parameters: onnxParameters(model.bytes), inputs, outputs };
}

async function describeEncoders(
  packDir: string,
  { voice, face }: NamedEncoders,
  root: string | undefined,
): Promise<PackDescription['encoders']> {
  const described = async ({ folder, ...named }: Named, alone: NamedEncoders) => ({
    ...named,
    folder,
    dir: encoderFolder(folder, packDir, root),
    problem: await findEncoders(packDir, alone, root).then(
      () => null,
      (thrown: unknown) => asUndertoneError(thrown).message,
    ),
  });
  return {
    ...(voice && { voice: await described(voice, { voice }) }),
    ...(face && { face: await described(face, { face }) }),
  };
}

type Named = NonNullable<NamedEncoders[Modality]>;

function describeReference(
  modality: Modality,
  { contract: { reference } }: Model,
  { references, provenance }: PackManifest,
): ReferenceDescription | null {
  const named = references[modality];
  if (!reference || !named) return null;
  const fittedOn = provenance[`reference.${modality}`];
  return {
    ...named,
    statistics: { names: STATISTICS[modality], bound: reference.statistics.bound },
    embedding: { numbers: reference.embedding.mean.length, bound: reference.embedding.bound },
    ...(fittedOn !== undefined && { fittedOn }),
  };
}

async function firstLines(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === '' ? [] : text.trim().split('\n').slice(0, CARD_LINES);
}
