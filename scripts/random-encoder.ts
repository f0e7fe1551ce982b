/**
 * A checkpoint of a published architecture at its full size, with random weights: what it costs to import and to run it does
 * not depend on what it has learned.
 *
 *     node scripts/run.mjs scripts/random-encoder.ts wavlm-large --out /tmp/wavlm-large
 */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mobileNetPlan } from '../models/toolkit/encoders/mobilenet.ts';
import type { Architecture } from '../models/toolkit/encoders/recipe.ts';
import { speechPlan } from '../models/toolkit/encoders/speech.ts';
import { type Random, randomStream } from '../src/core/random.ts';

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
const CONFIGS = {
  'wavlm-large': { kind: 'wavlm', ...LARGE, conv_bias: false, num_buckets: 320, max_bucket_distance: 800 },
  'wav2vec2-large': { kind: 'wav2vec2', ...LARGE, conv_bias: true },
} as const;

/** Channels of the blocks (Sandler et al. 2018, table 2). */
const BLOCKS = [16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320];
const STEM = 32;

async function architectureOf(name: string, out: string): Promise<Architecture> {
  if (name === 'mobilenetv2') {
    const blocks = BLOCKS.map((channels, i) => ({ inner: i === 0 ? null : 6 * (BLOCKS[i - 1] ?? STEM), channels }));
    return mobileNetPlan({ stem: STEM, blocks, width: 1280 }).architecture;
  }
  if (name !== 'wavlm-large' && name !== 'wav2vec2-large')
    throw new Error(`'${name}' is none of ${Object.keys(CONFIGS).join(', ')}, mobilenetv2`);
  const { kind, ...config } = CONFIGS[name];
  await writeFile(join(out, 'config.json'), JSON.stringify({ model_type: kind, ...config }, null, 2));
  return (await speechPlan(out, kind, {})).architecture;
}

/** Numbers that keep activations of about the same size from layer to layer. */
function numbers(name: string, dims: readonly number[], random: Random): Float32Array {
  const size = dims.reduce((product, side) => product * side, 1);
  const unit =
    /(norm|\.\d+)\.weight$|running_var$|const$|original0$/.test(name) && dims.filter((side) => side > 1).length < 2;
  if (unit) return new Float32Array(size).fill(1);
  if (dims.length < 2) return new Float32Array(size);
  const half = Math.sqrt(3 / (size / (dims[0] ?? 1)));
  return Float32Array.from({ length: size }, () => half * (2 * random() - 1));
}

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
const [name = ''] = positionals;
const out = values.out ?? '';
if (out === '') throw new Error('--out is needed: a folder for the checkpoint');
await mkdir(out, { recursive: true });
const { weights, recipe } = await architectureOf(name, out);
const tensors = new Map(
  weights.flatMap((weight) => recipe(weight, () => false).from).map((from) => [from.name, from.dims]),
);
let at = 0;
const header = [...tensors].map(([tensor, dims]) => {
  const data_offsets = [at, (at += 4 * dims.reduce((product, side) => product * side, 1))];
  return [tensor, { dtype: 'F32', shape: dims, data_offsets }] as const;
});
const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(json.length));
const file = await open(join(out, 'model.safetensors'), 'w');
await file.appendFile(Buffer.concat([length, json]));
for (const [tensor, dims] of tensors)
  await file.appendFile(new Uint8Array(numbers(tensor, dims, randomStream('weights', tensor)).buffer));
await file.close();
process.stdout.write(`${out}: ${tensors.size} tensors, ${(at / 1e6).toFixed(0)} MB\n`);
