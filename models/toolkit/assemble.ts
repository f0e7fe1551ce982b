/** Trained networks into a pack of format 2, not yet calibrated: `calibrate` comes next. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FRAME_SAMPLES, HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ } from '../../src/core/features.ts';
import type { Label, NetworkCalibration } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import { about } from '../pack-format/fields.ts';
import { format2, type Format2 } from '../pack-format/format-2.ts';
import type { TensorInfo } from '../contract.ts';
import { readShapes } from '../runtime.ts';
import { attributesPart, type FinishedAttributes } from './attributes/attributed-pack.ts';
import { halfWeights } from './half-weights.ts';

/** What a pack is to be besides its networks. */
export const packDescription = z.strictObject({
  name: about.name,
  version: about.version,
  licence: about.licence,
  minTopProbability: about.decision.shape.minTopProbability,
  /** Which subsets of modalities the shared layers answer for, where there are any. */
  serves: z
    .array(z.enum(['voice', 'face', 'both']))
    .min(1)
    .default(['both']),
  /** Networks whose files keep larger weights as float16: half the size, cast back when they are loaded. */
  halved: z.array(z.enum(['voice', 'face', 'fusion'])).default([]),
  provenance: about.provenance,
});

/** A description that passed. */
export type PackDescription = z.infer<typeof packDescription>;

/** A network that was trained. */
export interface TrainedNetwork {
  readonly bytes: Uint8Array;
  /** In the order of its outputs. */
  readonly labels: readonly Label[];
  /** Of a voice: silence that was trimmed while it trained, dB. */
  readonly trimDb?: number;
}

/** What a pack is made of. */
export interface TrainedNetworks {
  readonly voice: TrainedNetwork;
  readonly face: TrainedNetwork;
  readonly fusion: TrainedNetwork | null;
  /** One a modality at most; each learned from the embeddings of the network that stands in the pack, halved or not. */
  readonly attributes?: readonly FinishedAttributes[];
}

/** Every label as the network says it: a temperature of 1. */
const UNCALIBRATED = { method: 'temperature', form: 'logit', temperature: 1 } as const;

/**
 * The manifest of a pack made of trained networks, every temperature 1 and every threshold 0.5.
 * @returns the manifest, and the files that stand beside it by name.
 * @throws UndertoneError `pack-invalid` when a network is not what the format asks for.
 */
export async function assemblePack(
  { name, version, licence, minTopProbability, serves, halved, provenance }: PackDescription,
  trained: TrainedNetworks,
): Promise<{ readonly manifest: Format2; readonly files: ReadonlyMap<string, Uint8Array | string> }> {
  const kept = <N extends TrainedNetwork>(name: 'voice' | 'face' | 'fusion', network: N): N =>
    halved.includes(name) ? { ...network, bytes: halfWeights(network.bytes) } : network;
  const [voice, face] = [kept('voice', trained.voice), kept('face', trained.face)];
  const fusion = trained.fusion && kept('fusion', trained.fusion);
  const parts = await Promise.all(
    (trained.attributes ?? []).map(async (finished) => [finished.modality, await attributesPart(finished)] as const),
  );
  const labels = [...new Set([...face.labels, ...voice.labels])];
  const manifest = {
    format: 2,
    name,
    version,
    licence,
    labels,
    networks: {
      voice: {
        ...(await networkEntry('voice.onnx', voice)),
        logMel: frontEnd(voice),
        calibration: uncalibrated(voice.labels),
      },
      face: { ...(await networkEntry('face.onnx', face)), calibration: uncalibrated(face.labels) },
      ...(fusion && {
        fusion: {
          ...(await networkEntry('fusion.onnx', fusion)),
          serves,
          calibration: Object.fromEntries(serves.map((subset) => [subset, uncalibrated(fusion.labels)])),
        },
      }),
    },
    decision: { thresholds: Object.fromEntries(labels.map((label) => [label, 0.5])), minTopProbability },
    provenance,
    ...(parts.length > 0 && {
      attributes: Object.fromEntries(parts.map(([modality, { entry }]) => [modality, entry])),
    }),
  };
  const checked = format2.safeParse(manifest);
  if (!checked.success)
    throw new UndertoneError('pack-invalid', `the networks do not make a pack: ${z.prettifyError(checked.error)}`);
  const files = Object.entries({ voice, face, ...(fusion && { fusion }) });
  return {
    manifest: checked.data,
    files: new Map<string, Uint8Array | string>([
      ...files.map(([key, { bytes }]) => [`${key}.onnx`, bytes] as const),
      ...parts.flatMap(([, { files }]) => [...files]),
    ]),
  };
}

/**
 * What a manifest says of a network as it lies there.
 * @throws UndertoneError `pack-invalid` for bytes that are no network.
 */
export async function networkEntry(file: string, { bytes, labels }: Pick<TrainedNetwork, 'bytes' | 'labels'>) {
  const { inputs, outputs } = await readShapes({ name: file, bytes });
  return {
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    labels,
    inputs: shapes(inputs),
    outputs: shapes(outputs),
  };
}

function shapes(infos: readonly TensorInfo[]): Record<string, TensorInfo['shape']> {
  return Object.fromEntries(infos.map(({ name, shape }) => [name, shape]));
}

/** What is computed for a voice network over log-mel, as manifests state it. */
export function frontEnd({ trimDb }: Pick<TrainedNetwork, 'trimDb'>) {
  return {
    sampleRateHz: SAMPLE_RATE_HZ,
    windowSamples: FRAME_SAMPLES,
    hopSamples: HOP_SAMPLES,
    bands: MEL_BANDS,
    lowHz: 20,
    highHz: 7600,
    ...(trimDb !== undefined && { trimDb }),
  };
}

/** Labels that nothing was fitted for. */
export function uncalibrated(labels: readonly Label[]): NetworkCalibration {
  return Object.fromEntries(labels.map((label) => [label, UNCALIBRATED]));
}
