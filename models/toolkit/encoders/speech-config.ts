/** `config.json` and `preprocessor_config.json` of published speech encoders. */
import { z } from 'zod';
import { UndertoneError } from '../../../src/errors.ts';
import type { SpeechSize } from '../../nets/speech.ts';
import type { WavLmSize } from '../../nets/wavlm.ts';
import { readJson } from './checkpoint.ts';

/** Speech encoders that are known by name. */
export type SpeechKind = 'wavlm' | 'wav2vec2';

const count = (most: number) => z.int().min(1).max(most);
const MOST_CONVOLUTIONS = 16;
const convolutions = (most: number) => z.array(count(most)).min(1).max(MOST_CONVOLUTIONS);
const gelu = z.literal('gelu', 'only "gelu" is known');

/** Bounds lie an order of magnitude beyond the largest published: what passes them is a mistake, not a model. */
const fields = {
  hidden_size: count(16_384),
  num_hidden_layers: count(256),
  num_attention_heads: count(256),
  intermediate_size: count(131_072),
  hidden_act: gelu,
  layer_norm_eps: z.number().positive().max(0.1),
  feat_extract_norm: z.enum(['group', 'layer']),
  feat_extract_activation: gelu,
  conv_dim: convolutions(8192),
  conv_stride: convolutions(64),
  conv_kernel: convolutions(1024),
  conv_bias: z.boolean(),
  num_conv_pos_embeddings: count(4096),
  num_conv_pos_embedding_groups: count(4096),
  do_stable_layer_norm: z.boolean(),
};

const base = z.object(fields).superRefine((config, context) => {
  const { hidden_size: width, num_attention_heads: heads, num_conv_pos_embedding_groups: groups } = config;
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (width % heads !== 0) refuse('num_attention_heads', `${heads} heads do not divide a hidden_size of ${width}`);
  if (width % groups !== 0)
    refuse('num_conv_pos_embedding_groups', `${groups} groups do not divide a hidden_size of ${width}`);
  const { length } = config.conv_dim;
  for (const path of ['conv_stride', 'conv_kernel'] as const)
    if (config[path].length !== length)
      refuse(path, `has ${config[path].length} entries where conv_dim has ${length}: one for each convolution`);
});

const distances = z
  .object({ num_buckets: count(65_536).multipleOf(2).min(4), max_bucket_distance: count(65_536) })
  .refine(({ num_buckets, max_bucket_distance }) => max_bucket_distance > Math.floor(num_buckets / 4), {
    path: ['max_bucket_distance'],
    message: 'must be above a quarter of num_buckets',
  });

/** A speech encoder's sizes. */
export type SpeechConfig =
  { readonly kind: 'wavlm'; readonly size: WavLmSize } | { readonly kind: 'wav2vec2'; readonly size: SpeechSize };

/**
 * Read a checkpoint's `config.json`.
 * @throws UndertoneError `encoder-invalid` that names every missing or absurd value, or another architecture.
 * @example const { size } = await readSpeechConfig('wavlm-large/config.json', 'wavlm');
 */
export async function readSpeechConfig(path: string, kind: SpeechKind): Promise<SpeechConfig> {
  const { model_type } = await readJson(path, z.looseObject({ model_type: z.string() }));
  if (model_type !== kind)
    throw new UndertoneError(
      'encoder-invalid',
      `${path} describes a '${model_type}', not a '${kind}': ` +
        (isKnown(model_type)
          ? `import it as ${model_type}`
          : 'it has another architecture; export it to ONNX elsewhere, and import that'),
    );
  const config = await readJson(path, base);
  const size: SpeechSize = {
    features: {
      convolutions: config.conv_dim.map((channels, i) => ({
        channels,
        kernel: config.conv_kernel[i] ?? 1,
        stride: config.conv_stride[i] ?? 1,
      })),
      bias: config.conv_bias,
      norm: config.feat_extract_norm,
    },
    width: config.hidden_size,
    heads: config.num_attention_heads,
    inner: config.intermediate_size,
    layers: config.num_hidden_layers,
    positional: { kernel: config.num_conv_pos_embeddings, groups: config.num_conv_pos_embedding_groups },
    normFirst: config.do_stable_layer_norm,
    epsilon: config.layer_norm_eps,
  };
  if (kind === 'wav2vec2') return { kind, size };
  const { num_buckets, max_bucket_distance } = await readJson(path, distances);
  return { kind, size: { ...size, buckets: num_buckets, farthest: max_bucket_distance } };
}

function isKnown(modelType: string): boolean {
  return modelType === 'wavlm' || modelType === 'wav2vec2';
}
