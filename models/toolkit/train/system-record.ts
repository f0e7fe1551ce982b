/** What stands beside a system that `train` wrote, so that a pack can be made of it: `system-NAME.json` and its calibration. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { STIMULI } from '../../../src/core/manifest-votes.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { networkCalibration } from '../../pack-format/calibrations.ts';
import { label } from '../../pack-format/fields.ts';
import { readManifest } from '../../verified-file.ts';
import { making } from '../features/format.ts';

/** Subsets of modalities that a system may be given. */
const SUBSETS = ['voice', 'face', 'both'] as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const subset = z.enum(SUBSETS);
const halves = z.array(z.enum(STIMULI));

const systemRecord = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  /** SHA-256 of `system-NAME.onnx`. */
  network: sha256,
  /** In the order of its outputs. */
  labels: z.array(label).min(2),
  /** Each by whose labels it learned. */
  halves: z.strictObject({ voice: halves, face: halves }),
  learns: z.enum(STIMULI),
  /** What it may be asked: what it was never taught alone, it does not know alone. */
  answers: z.array(subset).min(1),
  /** By which encoder, and how, the states were made that it learned from. */
  features: z.strictObject({ voice: making.exactOptional(), face: making.exactOptional() }),
  /** Manifests of the clips, and how many of them it learned from. */
  corpora: z.array(z.string()),
  clips: z.int().min(1),
});

const fitted = z.strictObject({
  /** Whose votes were the truth. */
  votes: z.enum(STIMULI),
  /** Held-back clips that it was fitted on. */
  clips: z.int().min(1),
  method: z.string(),
  /** Labels with too few examples: their presence is left as the system says it. */
  kept: z.array(label),
  calibration: networkCalibration,
});

const systemCalibration = z.strictObject({
  /** SHA-256 of the network that it was fitted to. */
  network: sha256,
  /** By what the system was given; none where there were too few clips. */
  subsets: z.partialRecord(subset, fitted),
});

/** `system-NAME.json`. */
export type SystemRecord = z.infer<typeof systemRecord>;
/** `system-NAME.calibration.json`. */
export type SystemCalibration = z.infer<typeof systemCalibration>;
/** The calibration of what a system says, given one subset of modalities. */
export type FittedSubset = z.infer<typeof fitted>;

/** A system as it lies in a run's folder. */
export interface StoredSystem {
  readonly record: SystemRecord;
  readonly bytes: Uint8Array;
  /** Null where nothing was held back. */
  readonly calibration: SystemCalibration | null;
}

/** Names of a system's files. */
export function systemFiles(name: string): Readonly<Record<'network' | 'record' | 'calibration', string>> {
  return {
    network: `system-${name}.onnx`,
    record: `system-${name}.json`,
    calibration: `system-${name}.calibration.json`,
  };
}

/**
 * Read a system that `train` wrote, each file held to the network's hash.
 * @param run folder of the run.
 * @throws UndertoneError `config-invalid` where it was not trained to its end; `pack-invalid` for files that are not of one system.
 * @example const { record, bytes } = await readSystem('runs/fusion-paper', '12');
 */
export async function readSystem(run: string, name: string): Promise<StoredSystem> {
  const files = systemFiles(name);
  const goOn = `run 'undertone train' into ${run} until it ends, or remove that folder and begin anew`;
  const bytes = await readFile(join(run, files.network)).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${run} holds no ${files.network}: ${goOn}`, {
      cause,
    });
  });
  const record = await readManifest(join(run, files.record), systemRecord).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${join(run, files.record)} is missing or broken: ${goOn}`, { cause });
  });
  const held = (file: string, network: string) => {
    if (network !== createHash('sha256').update(bytes).digest('hex'))
      throw new UndertoneError(
        'pack-invalid',
        `${join(run, file)} is not of ${files.network} beside it: remove that folder, and train again`,
      );
  };
  held(files.record, record.network);
  const there = await readFile(join(run, files.calibration)).then(
    () => true,
    () => false,
  );
  if (!there) return { record, bytes, calibration: null };
  const calibration = await readManifest(join(run, files.calibration), systemCalibration);
  held(files.calibration, calibration.network);
  return { record, bytes, calibration };
}
