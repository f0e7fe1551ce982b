/**
 * `pack.json`: what a model pack says about itself. A pack is a folder with this manifest and the networks it names, each
 * by SHA-256. All formats are read into one form, so that nothing else needs to know which one a pack is written in.
 */
import { z } from 'zod';
import type {
  Label,
  LabelCalibration,
  Modality,
  ModalitySubset,
  ModelPack,
  NetworkCalibration,
} from '../src/domain.ts';
import type { Contract, Shape } from './contract.ts';
import type { AttributesNetwork } from './pack-format/attributes.ts';
import { format1 } from './pack-format/format-1.ts';
import type { NamedEncoders } from './pack-format/encoders.ts';
import { format2, type Format2 } from './pack-format/format-2.ts';
import { format3, type Format3, type Format3Network } from './pack-format/format-3.ts';
import type { NamedFile } from './verified-file.ts';

/** A manifest that passed. */
export interface PackManifest extends Pick<ModelPack, 'name' | 'version' | 'licence' | 'labels' | 'decision'> {
  readonly format: 1 | 2 | 3;
  readonly networks: Readonly<Record<Modality, NetworkEntry>>;
  readonly fusion: FusionEntry | null;
  /** Encoders before the networks: format 3 alone has any. */
  readonly encoders: NamedEncoders;
  /** What the networks were made for, where the pack says; only format 2 does. */
  readonly references: Readonly<Partial<Record<Modality, NamedFile>>>;
  /** Networks of attributes, where the pack has any; only format 2 does. */
  readonly attributes: Readonly<Partial<Record<Modality, AttributesEntry>>>;
  readonly provenance: Readonly<Record<string, string>>;
}

/** A network of a pack. In format 1 it has the one head `logits`, in the others `shareLogits` and `presenceLogits`. */
export interface NetworkEntry extends NamedFile {
  readonly labels: readonly Label[];
  readonly contract: Contract;
  readonly calibration: NetworkCalibration;
}

/** The shared layers of a pack, and for which modalities they are asked. */
export interface FusionEntry extends NamedFile {
  readonly labels: readonly Label[];
  readonly contract: Contract;
  readonly serves: readonly ModalitySubset[];
  readonly calibration: Readonly<Partial<Record<ModalitySubset, NetworkCalibration>>>;
}

/** A network of attributes, and what a reader may want to know of it. */
export interface AttributesEntry extends NamedFile, Pick<AttributesNetwork, 'encoder' | 'labels' | 'interval'> {
  readonly contract: Contract;
}

const FORMATS = { 1: format1, 2: format2, 3: format3 } as const;

/** Reads a manifest of any format; problems are those of the format that it names. */
export const packManifest = z.unknown().transform((json, context): PackManifest => {
  const format = (json as { readonly format?: unknown } | null)?.format;
  const parsed = FORMATS[format === 2 || format === 3 ? format : 1].safeParse(json);
  if (parsed.success) {
    const { data } = parsed;
    return data.format === 3 ? fromFormat3(data) : data.format === 2 ? fromFormat2(data) : fromFormat1(data);
  }
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

/** The share is the uncalibrated presence, and Platt's line the one calibration. */
function fromFormat1({ networks: { voice, face }, ...about }: z.infer<typeof format1>): PackManifest {
  const networks = { voice: plattEntry(voice), face: plattEntry(face) };
  return { ...about, networks, fusion: null, encoders: {}, references: {}, attributes: {} };
}

function fromFormat2(manifest: Format2): PackManifest {
  const { networks, reference = {}, attributes = {}, ...about } = manifest;
  const { voice, face, fusion } = networks;
  return {
    ...about,
    networks: { voice: trimmed(entryOf(voice), voice.logMel.trimDb), face: entryOf(face) },
    fusion: fusionEntry(fusion),
    encoders: {},
    references: reference,
    attributes: {
      ...(attributes.voice && { voice: attributesEntry(attributes.voice) }),
      ...(attributes.face && { face: attributesEntry(attributes.face) }),
    },
  };
}

function fromFormat3({ networks: { voice, face, fusion }, ...about }: Format3): PackManifest {
  const entry = (network: Format3Network) =>
    network.takes === 'log-mel' ? trimmed(entryOf(network), network.logMel.trimDb) : entryOf(network);
  return {
    ...about,
    networks: { voice: entry(voice), face: entry(face) },
    fusion: fusionEntry(fusion),
    references: {},
    attributes: {},
  };
}

function fusionEntry(fusion: Format2['networks']['fusion'] | Format3['networks']['fusion']): FusionEntry | null {
  return fusion ? { ...entryOf(fusion), serves: fusion.serves, calibration: fusion.calibration } : null;
}

function attributesEntry({ inputs, outputs, ...entry }: AttributesNetwork): AttributesEntry {
  return { ...entry, contract: { inputs: { ...inputs }, outputs: { ...outputs } } };
}

function trimmed(entry: NetworkEntry, trimDb: number | undefined): NetworkEntry {
  return trimDb === undefined ? entry : { ...entry, contract: { ...entry.contract, trimDb } };
}

type Format1Network = z.infer<typeof format1>['networks'][Modality];

function plattEntry(entry: Format1Network): NetworkEntry {
  const calibration: Partial<Record<Label, LabelCalibration>> = {};
  for (const label of entry.labels) {
    const line = entry.calibration[label];
    if (line !== undefined) calibration[label] = { method: 'platt', ...line };
  }
  return entryOf({ ...entry, calibration });
}

/** An entry as a schema gives it: an input that may be left out may be undefined. */
interface Entry<C> extends NamedFile {
  readonly labels: readonly Label[];
  readonly inputs: Readonly<Record<string, Shape | undefined>>;
  readonly outputs: Contract['outputs'];
  readonly calibration: C;
}

function entryOf<C>({ file, sha256, labels, inputs, outputs, calibration }: Entry<C>) {
  const taken = Object.entries(inputs).flatMap(([name, shape]) => (shape ? [[name, shape] as const] : []));
  return {
    file,
    sha256,
    labels,
    contract: { inputs: Object.fromEntries(taken), outputs: { ...outputs } },
    calibration,
  };
}
