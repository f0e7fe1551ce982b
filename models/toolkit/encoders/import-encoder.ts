/** From a published checkpoint to an encoder's folder, with one weight in memory at a time. */
import { basename, resolve } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import type { Encoder } from '../../encoder-format.ts';
import { fileSha256 } from '../../file-sha256.ts';
import { halfModel, MOST_HALF } from '../half-model.ts';
import { onnxStream, type OnnxStreamOptions } from '../onnx-stream.ts';
import type { OnnxModel } from '../onnx-writer.ts';
import { roundedModel } from '../rounded-model.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import {
  checkPlace,
  checkRoom,
  type EncoderContent,
  type EncoderPlace,
  type ImportedEncoder,
  writeEncoder,
} from './folder.ts';
import { readLicence } from './licence.ts';
import { mobileNetPlan, mobileNetSize } from './mobilenet.ts';
import type { EncoderPlan } from './plan.ts';
import { type Fitted, fit } from './recipe.ts';
import { type SpeechOptions, speechPlan } from './speech.ts';

/** Architectures that are read from published checkpoints. */
export const ENCODER_KINDS = ['wavlm', 'wav2vec2', 'mobilenetv2'] as const;

/** One of `ENCODER_KINDS`. */
export type EncoderKind = (typeof ENCODER_KINDS)[number];

/** How a checkpoint becomes an encoder. */
export interface EncoderOptions extends EncoderPlace, SpeechOptions {
  /**
   * Keep the larger weights as float16, each rounded by at most one part in 2048, in a file of their own: half the bytes, and a
   * second network over them, which computes in float16. Default false.
   */
  readonly half?: boolean;
  /** As in `OnnxStreamOptions`. */
  readonly mostInline?: number;
}

/**
 * Import a published checkpoint: judge its headers and its configuration, match the two, read every weight once, and only then
 * write. The encoder is opened and run before its folder gets its name.
 * @throws UndertoneError `encoder-invalid` for a checkpoint that is not whole or not of that architecture; `config-invalid` for
 * options that make no sense, a place that is taken, or a disk that is full.
 * @example await importEncoder('wavlm', { from: 'wavlm-large', out: 'encoders/wavlm-large', half: true });
 */
export async function importEncoder(kind: EncoderKind, options: EncoderOptions): Promise<ImportedEncoder> {
  const { from, half = false, mostInline } = options;
  await checkPlace(options);
  const checkpoint = await openCheckpoint(from);
  try {
    const plan = await planOf(kind, checkpoint, options);
    const fitted = fit(checkpoint, from, plan.architecture);
    const work = workOf(checkpoint, plan, options);
    const { fits, kept } = await readThrough(plan, fitted, half, work);
    const holds = { kept: (name: string) => kept.has(name), fits: (name: string) => fits.has(name) };
    const inHalf = half ? halfModel(plan.model, holds) : null;
    const writing: OnnxStreamOptions = {
      ...(mostInline !== undefined && { mostInline }),
      // Two networks share weights that are in neither.
      ...(inHalf && mostInline === undefined && { mostInline: 0 }),
      half: (name) => kept.has(name),
      weight: async (name) => {
        const numbers = await fitted.read(name);
        work.did(4 * numbers.length);
        return numbers;
      },
    };
    const network = onnxStream(plan.model, writing);
    // Only the few small weights that are in every graph are read for these.
    const over = (model: OnnxModel) =>
      onnxStream(model, { ...writing, weight: (name) => fitted.read(name), castBack: false }).graph;
    const content = {
      manifest: { ...plan.manifest, licence: await readLicence(checkpoint.dir) },
      source: await sourceOf(checkpoint, options, work),
      precision: half ? 'float16' : 'float32',
      network: {
        ...network,
        half: inHalf && { graph: over(inHalf), rounded: over(roundedModel(inHalf, holds.kept)) },
      },
    } satisfies EncoderContent;
    await checkRoom(content.network, options);
    const { encoder, notices } = await writeEncoder(options, content);
    return { encoder, notices: [...plan.notices, ...spareNotice(fitted), ...notices] };
  } finally {
    await checkpoint.close();
  }
}

async function planOf(kind: EncoderKind, checkpoint: Checkpoint, options: EncoderOptions): Promise<EncoderPlan> {
  if (kind !== 'mobilenetv2') return speechPlan(checkpoint.dir, kind, options);
  if (options.layers !== undefined || options.masked === false)
    throw new UndertoneError('config-invalid', 'a mobilenetv2 has no layers to choose from, and takes no mask');
  return mobileNetPlan(mobileNetSize(checkpoint, options.from));
}

/** How much is done, counted in bytes that are read. */
interface Work {
  did(bytes: number): void;
}

function workOf(checkpoint: Checkpoint, { model }: EncoderPlan, { progress, signal }: EncoderOptions): Work {
  const wanted = (model.later ?? []).reduce(
    (sum, { dims }) => sum + 4 * dims.reduce((size, side) => size * side, 1),
    0,
  );
  const source = [...checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  return {
    did(bytes) {
      signal?.throwIfAborted();
      done += bytes;
      progress?.(done, 2 * wanted + source);
    },
  };
}

/**
 * Read every weight once, so that one that cannot be is found before anything is written. Tells which float16 can hold, and which
 * of them are kept so.
 */
async function readThrough(
  { model, leastHalved }: EncoderPlan,
  fitted: Fitted,
  half: boolean,
  work: Work,
): Promise<{ readonly fits: ReadonlySet<string>; readonly kept: ReadonlySet<string> }> {
  const [fits, kept] = [new Set<string>(), new Set<string>()];
  for (const { name } of model.later ?? []) {
    const numbers = await fitted.read(name);
    work.did(4 * numbers.length);
    if (!half || !numbers.every((x) => Math.abs(x) <= MOST_HALF)) continue;
    fits.add(name);
    if (numbers.length >= leastHalved) kept.add(name);
  }
  return { fits, kept };
}

async function sourceOf({ files }: Checkpoint, { from, origin }: EncoderPlace, work: Work): Promise<Encoder['source']> {
  const hashed: { file: string; sha256: string }[] = [];
  for (const path of files)
    hashed.push({ file: basename(path), sha256: await fileSha256(path, (bytes) => work.did(bytes)) });
  return { name: basename(resolve(from)), ...origin, files: hashed };
}

function spareNotice({ spare }: Fitted): string[] {
  return spare.length === 0 ? [] : [`left out, as no part of the encoder: ${spare.join(', ')}`];
}
