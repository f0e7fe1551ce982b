/** A pack with other calibrations and thresholds: the same networks under the next version. */
import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import type {
  LabelCalibration,
  ModalitySubset,
  NetworkCalibration,
  PerLabel,
  RejectRule,
} from '../../../src/domain.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { loadPack } from '../../pack.ts';
import { packManifest } from '../../pack-format.ts';
import { format1 } from '../../pack-format/format-1.ts';
import { format2 } from '../../pack-format/format-2.ts';
import { type Format3, format3 } from '../../pack-format/format-3.ts';
import { readManifest } from '../../verified-file.ts';
import { type WholeFolderOptions, writeWholeFolder } from '../whole-folder.ts';

/** What in a pack has a calibration: a network's own heads, or the shared layers for a subset of modalities. */
export type PackPart = 'voice' | 'face' | `fusion.${ModalitySubset}`;

/** How and from what each part was calibrated, as `calibration.json` keeps it. */
export type CalibrationRecord = Readonly<Record<string, unknown>>;

/** What is new. */
export interface PackChanges {
  readonly calibrations: Readonly<Partial<Record<PackPart, NetworkCalibration>>>;
  /** Thresholds of the labels that get another one. */
  readonly thresholds: PerLabel;
  /**
   * Reject rules, in place of those for the same modalities. Where calibrations or thresholds change, rules that the pack had
   * go: what they promised was about other verdicts.
   */
  readonly reject?: Readonly<Partial<Record<ModalitySubset, RejectRule>>>;
  /** Added to the pack's own, by name. */
  readonly provenance: Readonly<Record<string, string>>;
  /** By part; the parts of an earlier record that are not calibrated anew are kept. */
  readonly record: Readonly<Partial<Record<PackPart, CalibrationRecord>>>;
}

/** Where a pack keeps how it was calibrated. The networks and the manifest do not depend on it. */
const RECORD_FILE = 'calibration.json';

/**
 * Write the pack in `dir` with `changes` as the folder `out`: whole, verified as any pack is at load, or not at all. Everything
 * else in `dir` is copied.
 * @returns the new version: the last of its three numbers is one more.
 * @throws UndertoneError `config-invalid` for a place that is taken; `pack-invalid` where the pack is broken or its format
 * cannot say what is to be written.
 */
export async function writeCalibratedPack(
  dir: string,
  out: string,
  changes: PackChanges,
  options: WholeFolderOptions,
): Promise<string> {
  if (!relative(resolve(dir), resolve(out)).startsWith('..') && resolve(dir) !== resolve(out))
    throw new UndertoneError(
      'config-invalid',
      `${options.option}: '${out}' is inside the pack: choose a folder beside it`,
    );
  const manifest = await changedManifest(dir, out, changes);
  const record = { ...(await earlierRecord(dir)), ...changes.record };
  const own = new Set(['pack.json', RECORD_FILE]);
  await writeWholeFolder(out, options, async (part) => {
    const filter = (source: string) => !(own.has(relative(dir, source)) || basename(source).endsWith('.part'));
    await cp(dir, part, { recursive: true, dereference: true, filter });
    // A pack that was installed read-only would make a folder that cannot be written into.
    await chmod(part, 0o755);
    await writeFile(join(part, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    if (Object.keys(record).length > 0)
      await writeFile(join(part, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
    await loadPack(part);
  });
  return manifest.version;
}

async function changedManifest(
  dir: string,
  out: string,
  { calibrations, thresholds, provenance, reject }: PackChanges,
) {
  const path = join(dir, 'pack.json');
  const { format } = await readManifest(path, packManifest);
  const stale = Object.keys(calibrations).length > 0 || Object.keys(thresholds).length > 0;
  const change = <M extends Changeable>({ decision, ...manifest }: M) => {
    const { reject: earlier, ...others } = decision;
    const rules = { ...(stale ? {} : earlier), ...reject };
    return {
      ...manifest,
      version: nextVersion(manifest.version),
      decision: {
        ...others,
        thresholds: { ...decision.thresholds, ...thresholds },
        ...(Object.keys(rules).length > 0 && { reject: rules }),
      },
      provenance: { ...withoutStale(manifest.provenance, stale), ...provenance },
    };
  };
  if (format === 1) {
    const manifest = change(await readManifest(path, format1));
    for (const modality of ['voice', 'face'] as const) {
      const calibration = calibrations[modality];
      if (calibration === undefined) continue;
      manifest.networks[modality].calibration = Object.fromEntries(
        Object.entries(calibration).map(([label, one]) => [label, asLine(one)]),
      );
    }
    return manifest;
  }
  const manifest =
    format === 2
      ? change(await readManifest(path, format2))
      : withEncodersFrom(change(await readManifest(path, format3)), dir, out);
  for (const [part, calibration] of Object.entries(calibrations)) {
    const { voice, face, fusion } = manifest.networks;
    // The manifest's types are mutable where a calibration's are not.
    const copy = structuredClone(calibration) as typeof voice.calibration;
    if (part === 'voice') voice.calibration = copy;
    else if (part === 'face') face.calibration = copy;
    else if (fusion) fusion.calibration[part.slice('fusion.'.length) as ModalitySubset] = copy;
  }
  return manifest;
}

/** Encoders lie where they lay, wherever the pack goes. */
function withEncodersFrom<M extends Pick<Format3, 'encoders'>>(manifest: M, dir: string, out: string): M {
  const moved = <E extends { folder: string }>(encoder: E): E => ({
    ...encoder,
    folder: isAbsolute(encoder.folder) ? encoder.folder : relative(resolve(out), resolve(dir, encoder.folder)),
  });
  const { voice, face } = manifest.encoders;
  return { ...manifest, encoders: { ...(voice && { voice: moved(voice) }), ...(face && { face: moved(face) }) } };
}

/** What of a manifest is changed in any format. */
interface Changeable {
  version: string;
  decision: { thresholds: object; reject?: object };
  provenance: Record<string, string>;
}

/** Rules that go take their notes with them. */
function withoutStale(provenance: Readonly<Record<string, string>>, stale: boolean): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(provenance).filter(([name]) => !(stale && name.startsWith('reject.'))));
}

/** A calibration as format 1 writes it: a temperature is a line without offset. */
function asLine(calibration: LabelCalibration): { a: number; b: number } {
  if (calibration.method === 'platt') return { a: calibration.a, b: calibration.b };
  if (calibration.method === 'temperature' && calibration.form === 'logit')
    return { a: 1 / calibration.temperature, b: 0 };
  throw new UndertoneError(
    'pack-invalid',
    `a pack of format 1 keeps a line for each label, not ${calibration.method}: use --method temperature or platt`,
  );
}

function nextVersion(version: string): string {
  const [major = '0', minor = '0', patch = '0'] = version.split('.');
  return `${major}.${minor}.${Number(patch) + 1}`;
}

/** What an earlier calibration noted; nothing where there is none that can be read. */
async function earlierRecord(dir: string): Promise<CalibrationRecord> {
  try {
    const json: unknown = JSON.parse(await readFile(join(dir, RECORD_FILE), 'utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {};
  } catch {
    return {};
  }
}
