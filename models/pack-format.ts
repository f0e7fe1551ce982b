/**
 * `pack.json`: what a model pack says about itself. A pack is a folder with this manifest and the networks it names, each
 * by SHA-256. Both formats are read into one form, so that nothing else needs to know which one a pack is written in.
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
import type { Contract } from './contract.ts';
import type { AttributesNetwork } from './pack-format/attributes.ts';
import { format1 } from './pack-format/format-1.ts';
import { format2, type Format2 } from './pack-format/format-2.ts';
import type { NamedFile } from './verified-file.ts';

/** A manifest that passed. */
export interface PackManifest extends Pick<ModelPack, 'name' | 'version' | 'licence' | 'labels' | 'decision'> {
  readonly format: 1 | 2;
  readonly networks: Readonly<Record<Modality, NetworkEntry>>;
  readonly fusion: FusionEntry | null;
  /** What the networks were made for, where the pack says; format 1 never does. */
  readonly references: Readonly<Partial<Record<Modality, NamedFile>>>;
  /** Networks of attributes, where the pack has any; format 1 never does. */
  readonly attributes: Readonly<Partial<Record<Modality, AttributesEntry>>>;
  readonly provenance: Readonly<Record<string, string>>;
}

/** A network of a pack. In format 1 it has the one head `logits`, in format 2 `shareLogits` and `presenceLogits`. */
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

/** Reads a manifest of either format; problems are those of the format that it names. */
export const packManifest = z.unknown().transform((json, context): PackManifest => {
  const format = (json as { readonly format?: unknown } | null)?.format;
  const parsed = format === 2 ? format2.safeParse(json) : format1.safeParse(json);
  if (parsed.success) return parsed.data.format === 2 ? fromFormat2(parsed.data) : fromFormat1(parsed.data);
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

/** The share is the uncalibrated presence, and Platt's line the one calibration. */
function fromFormat1({ networks: { voice, face }, ...about }: z.infer<typeof format1>): PackManifest {
  const networks = { voice: plattEntry(voice), face: plattEntry(face) };
  return { ...about, networks, fusion: null, references: {}, attributes: {} };
}

function fromFormat2(manifest: Format2): PackManifest {
  const { networks, reference = {}, attributes = {}, ...about } = manifest;
  const { voice, face, fusion } = networks;
  return {
    ...about,
    networks: { voice: trimmed(entryOf(voice), voice.logMel.trimDb), face: entryOf(face) },
    fusion:
      fusion === undefined ? null : { ...entryOf(fusion), serves: fusion.serves, calibration: fusion.calibration },
    references: reference,
    attributes: {
      ...(attributes.voice && { voice: attributesEntry(attributes.voice) }),
      ...(attributes.face && { face: attributesEntry(attributes.face) }),
    },
  };
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

function entryOf<C>(entry: NamedFile & Contract & { labels: readonly Label[]; calibration: C }) {
  const { file, sha256, labels, inputs, outputs, calibration } = entry;
  return { file, sha256, labels, contract: { inputs: { ...inputs }, outputs: { ...outputs } }, calibration };
}
