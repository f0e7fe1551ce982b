/** Trained systems into a pack of format 3, calibrated as they were on the clips that training held back. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Label, Modality, ModalitySubset } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import { format3, type Format3, type Format3Network } from '../pack-format/format-3.ts';
import { frontEnd, networkEntry, type PackDescription, type TrainedNetwork, uncalibrated } from './assemble.ts';
import type { CalibrationRecord } from './calibrate/calibrated-pack.ts';
import { halfWeights } from './half-weights.ts';
import { type GivenEncoders, nameEncoders } from './name-encoders.ts';
import type { StoredSystem } from './train/system-record.ts';

/** A system that stands for a network. */
export interface SystemPart {
  readonly system: StoredSystem;
  /** For messages and provenance: which one it is. */
  readonly called: string;
}

/** A small network of another pack, as it is there. */
export interface TakenPart {
  readonly entry: Format3Network;
  readonly bytes: Uint8Array;
  readonly called: string;
  /** What that pack notes of its calibration. */
  readonly calibrated?: string;
}

/** What stands for one modality. */
type Part = SystemPart | TakenPart | { readonly trained: TrainedNetwork };

/** What a pack is made of. */
export interface StatesParts {
  readonly voice: Part;
  readonly face: Part;
  readonly fusion: SystemPart | null;
}

/** A pack that can be written. */
export interface AssembledStates {
  readonly manifest: Format3;
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** What has a temperature of 1, because nothing was fitted for it. */
  readonly uncalibrated: readonly string[];
}

/**
 * The manifest of a pack over encoders, every threshold 0.5. A network that stands for several is one file.
 * @returns with `calibration.json` among the files where anything was calibrated.
 * @throws UndertoneError `config-invalid` where a system is asked for what it was not taught; as `nameEncoders`;
 * `pack-invalid` when a network is not what the format asks for.
 */
export async function assembleStates(
  { name, version, licence, minTopProbability, serves, halved, provenance }: PackDescription,
  parts: StatesParts,
  given: GivenEncoders,
): Promise<AssembledStates> {
  checkTaught(parts, serves);
  const systems = Object.values(parts).flatMap((part: Part | null) =>
    part && 'system' in part ? [{ called: part.called, record: part.system.record }] : [],
  );
  const encoders = await nameEncoders(systems, given);
  const roles = (['voice', 'face', 'fusion'] as const).flatMap((role) => {
    const part = parts[role];
    return part ? [{ role, part, bytes: bytesOf(part, halved.includes(role), role) }] : [];
  });
  const fileOf = (bytes: Uint8Array): string =>
    `${roles.flatMap(({ role, bytes: its }) => (Buffer.compare(its, bytes) === 0 ? [role] : [])).join('-')}.onnx`;
  const bare: string[] = [];
  const notes: Record<string, string> = {};
  const record: Record<string, CalibrationRecord> = {};
  const calibrationOf = (key: string, { system, called }: SystemPart, subset: ModalitySubset) => {
    const fitted = system.calibration?.subsets[subset];
    const { labels, corpora } = system.record;
    if (!fitted) {
      bare.push(key);
      return uncalibrated(labels);
    }
    const { calibration, method, clips, votes, kept } = fitted;
    const corpus = corpora.map((file) => basename(file)).join(', ');
    notes[`calibration.${key}`] = `${method} on ${clips} clips of ${corpus} that were held back`;
    record[key] = { corpus, votes, n: clips, method, kept, calibration, system: called };
    return calibration;
  };
  const networks: Record<string, object> = {};
  for (const { role, part, bytes } of roles) {
    const file = fileOf(bytes);
    if ('entry' in part) {
      networks[role] = { ...part.entry, file };
      if (part.calibrated !== undefined) notes[`calibration.${role}`] = `${part.called}: ${part.calibrated}`;
    } else if ('trained' in part) {
      const { labels, trimDb } = part.trained;
      const entry = { ...(await networkEntry(file, { bytes, labels })), calibration: uncalibrated(labels) };
      networks[role] =
        role === 'voice'
          ? { ...entry, takes: 'log-mel', logMel: frontEnd(trimDb === undefined ? {} : { trimDb }) }
          : { ...entry, takes: 'pixels' };
      bare.push(role);
    } else {
      const entry = await networkEntry(file, { bytes, labels: part.system.record.labels });
      const fitted = (subset: ModalitySubset) =>
        calibrationOf(role === 'fusion' ? `fusion.${subset}` : role, part, subset);
      networks[role] =
        role === 'fusion'
          ? { ...entry, serves, calibration: Object.fromEntries(serves.map((subset) => [subset, fitted(subset)])) }
          : { ...entry, takes: 'states', calibration: fitted(role) };
    }
    if ('called' in part) notes[`network.${role}`] = part.called;
  }
  const labels = [...new Set([parts.face, parts.voice, ...(parts.fusion ? [parts.fusion] : [])].flatMap(labelsOf))];
  const checked = format3.safeParse({
    format: 3,
    name,
    version,
    licence,
    labels,
    encoders,
    networks,
    decision: { thresholds: Object.fromEntries(labels.map((label) => [label, 0.5])), minTopProbability },
    provenance: { ...provenance, ...notes },
  });
  if (!checked.success)
    throw new UndertoneError('pack-invalid', `the networks do not make a pack: ${z.prettifyError(checked.error)}`);
  const files = new Map<string, Uint8Array | string>(roles.map(({ bytes }) => [fileOf(bytes), bytes]));
  if (Object.keys(record).length > 0) files.set('calibration.json', `${JSON.stringify(record, null, 2)}\n`);
  return { manifest: checked.data, files, uncalibrated: bare };
}

/** A system stands for what it was taught alone, and what it takes, the pack must give it. */
function checkTaught({ voice, face, fusion }: StatesParts, serves: readonly ModalitySubset[]): void {
  const refuse = (field: string, why: string) => new UndertoneError('config-invalid', `'networks.${field}': ${why}`);
  const check = (field: string, part: SystemPart, subset: ModalitySubset): void => {
    if (part.system.record.answers.includes(subset)) return;
    const { voice: heard, face: seen } = part.system.record.features;
    const lost = subset === 'voice' ? 'dropFace' : 'dropVoice';
    throw refuse(
      field,
      heard && seen
        ? `${part.called} was never taught a ${subset} alone: give the ${subset} a system of its own, or train this one with ` +
            `'variation.${lost}' above 0`
        : `${part.called} takes no ${heard ? 'face' : 'voice'}: name another system`,
    );
  };
  const own = (modality: Modality, part: Part, other: Part): void => {
    if (!('system' in part)) return;
    check(modality, part, modality);
    const beside = modality === 'voice' ? 'face' : 'voice';
    if (part.system.record.features[beside] && !('system' in other))
      throw refuse(
        modality,
        `${part.called} takes a ${beside} too, and the ${beside}'s network is a small one: give the ${beside} a system, or ` +
          `the ${modality} one that takes nothing else`,
      );
  };
  own('voice', voice, face);
  own('face', face, voice);
  if (!fusion) return;
  check('fusion', fusion, 'both');
  for (const subset of serves) check('fusion', fusion, subset);
}

function bytesOf(part: Part, halved: boolean, role: string): Uint8Array {
  if ('entry' in part) {
    if (!halved) return part.bytes;
    throw new UndertoneError('config-invalid', `'halved': ${role} is taken from ${part.called} as it is: leave it out`);
  }
  const { bytes } = 'system' in part ? part.system : part.trained;
  return halved ? halfWeights(bytes) : bytes;
}

function labelsOf(part: Part): readonly Label[] {
  if ('entry' in part) return part.entry.labels;
  return 'system' in part ? part.system.record.labels : part.trained.labels;
}
