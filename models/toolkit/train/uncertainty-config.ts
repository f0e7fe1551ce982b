/** `models/configs/*.json` of kind `uncertainty`: how attributes and their uncertainty are learned (paper 2). */
import { z } from 'zod';
import { LABELS } from '../../../src/core/labels.ts';
import { ATTRIBUTES } from '../../../src/core/vad/attributes.ts';
import { readConfig } from './read-config.ts';

const share = z.number().min(0).max(1);
const chance = z.number().min(0).max(0.95);
const count = z.int().min(1).max(4096);
const weight = z.number().min(0).max(100);

const schedule = z.strictObject({
  epochs: z.int().min(0).max(10_000),
  batch: z.int().min(2).max(4096),
  rate: z.number().positive(),
  warmupEpochs: z.number().min(0).default(0),
  weightDecay: z.number().min(0).default(0),
  averaging: share.default(0.99),
});

/** A configuration of kind `uncertainty`. */
export const uncertaintyConfig = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'write small letters, digits and hyphens'),
    kind: z.literal('uncertainty'),
    seed: z.int().min(0),
    /** Whose embeddings are learned from; those of a voice are pooled over time. */
    modality: z.enum(['voice', 'face']),
    /** Numbers of an embedding, [width], or [steps, width] of a voice. */
    embedding: z.array(count).min(1).max(2),
    /** Labels that votes are counted for. */
    labels: z.array(z.enum(LABELS)).min(2),
    /** Labels of the encoder's own heads. Default: the same. */
    encoderLabels: z.array(z.enum(LABELS)).min(2).optional(),
    /** Silence is trimmed as while the voice encoder was trained, dB. */
    trimDb: z.number().min(0).max(120).default(0),
    corpora: z.array(z.string()).min(1),
    dev: z.array(z.string()).min(1),
    /** Share of clips that are not learned from: the width of intervals is chosen on them. */
    holdBack: share.default(0.08),
    /** Times that each clip is encoded: as it is, and varied. */
    looks: z.int().min(1).max(16).default(1),
    attributes: z.array(z.enum(ATTRIBUTES)).min(1),
    network: z.strictObject({
      /** `variational` is paper 2's proposal, `plain` its AE-MCD and ablation, `none` its other baselines. */
      autoencoder: z.enum(['variational', 'plain', 'none']),
      /** Widths of the encoder's layers; the decoder mirrors them. */
      encoder: z.array(count).min(1),
      /** Width of mean and of log-variance. */
      latent: count,
      /** Widths of the regressor's layers. */
      regressor: z.array(count).min(1),
      /** Chance of dropout in the hidden layers of autoencoder and regressor. */
      dropout: chance,
    }),
    /** Eq. 3's weights of the autoencoder, the consensus and the soft labels. */
    losses: z.strictObject({ alpha: weight, beta: weight, gamma: weight }).default({ alpha: 0.5, beta: 0.8, gamma: 2 }),
    /** Weight of the divergence from the prior within the autoencoder's loss (1: Eq. 1). */
    prior: weight.default(1),
    /** What is random from draw to draw when serving. */
    sampling: z.enum(['latent', 'dropout', 'none']).default('latent'),
    /** Monte Carlo draws when serving. */
    draws: z.int().min(1).max(1000).default(100),
    schedules: z.strictObject({ unlabelled: schedule, labelled: schedule }),
  })
  .refine(({ sampling, network }) => sampling !== 'latent' || network.autoencoder === 'variational', {
    error: 'latents can only be drawn from a variational autoencoder: write "dropout" or "none"',
    path: ['sampling'],
  })
  .refine(({ losses }) => losses.beta > 0 || losses.gamma > 0, {
    error: 'beta and gamma are both 0: learn the consensus, the soft labels, or both',
    path: ['losses'],
  });

/** A configuration that passed. */
export type UncertaintyConfig = z.infer<typeof uncertaintyConfig>;

/**
 * Read a configuration of kind `uncertainty`.
 * @throws UndertoneError `config-invalid` with every problem on a line: file, key, remedy.
 * @example const config = await readUncertaintyConfig('models/configs/attributes.json');
 */
export function readUncertaintyConfig(file: string): Promise<UncertaintyConfig> {
  return readConfig(file, uncertaintyConfig, 'docs/uncertainty.md');
}
