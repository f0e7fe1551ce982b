/**
 * Checkpoints of published architectures at their full size, with random weights: what they cost to import and to run does
 * not depend on what they have learned.
 */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mobileNetPlan } from '../../../models/toolkit/encoders/mobilenet.ts';
import type { Architecture } from '../../../models/toolkit/encoders/recipe.ts';
import { speechPlan } from '../../../models/toolkit/encoders/speech.ts';
import type { SpeechKind } from '../../../models/toolkit/encoders/speech-config.ts';
import type { MobileNetSize } from '../../../models/nets/mobilenetv2.ts';
import { randomStream } from '../../../src/core/random.ts';

/** As published for the large models of 2020 to 2022. */
const LARGE = {
  hidden_size: 1024,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  intermediate_size: 4096,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
  feat_extract_norm: 'layer',
  feat_extract_activation: 'gelu',
  conv_dim: [512, 512, 512, 512, 512, 512, 512],
  conv_stride: [5, 2, 2, 2, 2, 2, 2],
  conv_kernel: [10, 3, 3, 3, 3, 2, 2],
  num_conv_pos_embeddings: 128,
  num_conv_pos_embedding_groups: 16,
  do_stable_layer_norm: true,
};

/** `config.json` of the speech encoders. */
const SPEECH_CONFIGS = {
  'wavlm-large': { model_type: 'wavlm', ...LARGE, conv_bias: false, num_buckets: 320, max_bucket_distance: 800 },
  'wav2vec2-large': { model_type: 'wav2vec2', ...LARGE, conv_bias: true },
} as const;

/** Channels of the blocks (Sandler et al. 2018, table 2). */
const BLOCKS = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320];
const STEM = 32;

/** Sizes of the published MobileNetV2 of width 1. */
export const MOBILENET: MobileNetSize = {
  stem: STEM,
  blocks: BLOCKS.map((channels, i) => ({ inner: i === 0 ? null : 6 * (BLOCKS[i - 1] ?? STEM), channels })),
  width: 1280,
};

/** Architectures that checkpoints are made of. */
export const ARCHITECTURES = ['wavlm-large', 'wav2vec2-large', 'mobilenetv2'] as const;

/** One of `ARCHITECTURES`. */
export type ArchitectureName = (typeof ARCHITECTURES)[number];

/** What was, or would be, written. */
export interface RandomCheckpoint {
  readonly tensors: number;
  /** Of all numbers. */
  readonly bytes: number;
}

/** How a checkpoint is written. */
export interface RandomCheckpointOptions {
  /** Hears how many bytes are written, of how many. Default: nobody. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the writing. */
  readonly signal?: AbortSignal;
  /** Asked with the size of what is to be written, before it is. Default: nobody. */
  readonly room?: (bytes: number) => Promise<void>;
}

/**
 * Write a checkpoint: `model.safetensors`, and `config.json` where the architecture has one.
 * @throws the signal's reason, or what `room` throws.
 * @example await writeRandomCheckpoint('wavlm-large', '/tmp/wavlm-large');
 */
export async function writeRandomCheckpoint(
  name: ArchitectureName,
  out: string,
  { progress, signal, room }: RandomCheckpointOptions = {},
): Promise<RandomCheckpoint> {
  await mkdir(out, { recursive: true });
  const tensors = tensorsOf(await architectureOf(name, out));
  let bytes = 0;
  const header = [...tensors].map(([tensor, dims]) => {
    const data_offsets = [bytes, (bytes += 4 * sizeOf(dims))];
    return [tensor, { dtype: 'F32', shape: dims, data_offsets }] as const;
  });
  await room?.(bytes);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await using file = await open(join(out, 'model.safetensors'), 'w');
  await file.appendFile(Buffer.concat([length, json]));
  const pool = uniform();
  let done = 0;
  for (const [tensor, dims] of tensors) {
    signal?.throwIfAborted();
    const numbers = numbersOf(tensor, dims, pool);
    await file.appendFile(new Uint8Array(numbers.buffer));
    progress?.((done += numbers.byteLength), bytes);
  }
  return { tensors: tensors.size, bytes };
}

async function architectureOf(name: ArchitectureName, out: string): Promise<Architecture> {
  if (name === 'mobilenetv2') return mobileNetPlan(MOBILENET).architecture;
  return (await speechPlan(out, await writeSpeechConfig(name, out), {})).architecture;
}

/**
 * Write `config.json` of a speech encoder.
 * @returns the kind that it describes.
 */
export async function writeSpeechConfig(name: keyof typeof SPEECH_CONFIGS, out: string): Promise<SpeechKind> {
  const config = SPEECH_CONFIGS[name];
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'config.json'), JSON.stringify(config, null, 2));
  return config.model_type;
}

function tensorsOf({ weights, recipe }: Architecture): ReadonlyMap<string, readonly number[]> {
  const from = weights.flatMap((weight) => recipe(weight, () => false).from);
  return new Map(from.map((tensor) => [tensor.name, tensor.dims]));
}

/** A prime, so that the rows of a matrix, which start at other places of it, are not alike. */
const POOL = 1_000_003;

/** Numbers of -1 to 1: three hundred million drawn one by one would take as long as all else. */
function uniform(): Float32Array {
  const random = randomStream('weights');
  return Float32Array.from({ length: POOL }, () => 2 * random() - 1);
}

/** Numbers that keep activations of about the same size from layer to layer. */
function numbersOf(name: string, dims: readonly number[], pool: Float32Array): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(sizeOf(dims));
  const unit =
    /(norm|\.\d+)\.weight$|running_var$|const$|original0$/.test(name) && dims.filter((side) => side > 1).length < 2;
  if (unit) return numbers.fill(1);
  if (dims.length < 2) return numbers;
  const half = Math.sqrt(3 / (numbers.length / (dims[0] ?? 1)));
  const begin = Math.floor(POOL * randomStream('weights', name)());
  for (let i = 0; i < numbers.length; i++) numbers[i] = half * (pool[(begin + i) % POOL] ?? 0);
  return numbers;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, side) => product * side, 1);
}
