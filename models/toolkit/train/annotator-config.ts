/** `models/configs/*.json` of kind `annotators`: how single raters are learned (paper 4). */
import { z } from 'zod';
import { LABELS } from '../../../src/core/labels.ts';
import { STIMULI } from '../../../src/core/manifest-votes.ts';
import { type AnnotatorTraining, VARIANTS } from './annotator-task.ts';
import { readConfig } from './read-config.ts';

const count = z.int().min(1).max(4096);
const spread = z.number().min(0).max(1);
const range = (least: number, most: number) =>
  z
    .tuple([z.number().min(least).max(most), z.number().min(least).max(most)])
    .refine(([low, high]) => low <= high, 'write the lowest first');

/** A configuration of kind `annotators`. */
export const annotatorConfig = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'write small letters, digits and hyphens'),
  kind: z.literal('annotators'),
  seed: z.int().min(0),
  /** Whose ratings count; faces are what the encoder is given. */
  stimulus: z.enum(STIMULI).default('face'),
  /** Numbers of an embedding. */
  embedding: count,
  /** Labels of the encoder's own heads. */
  encoderLabels: z.array(z.enum(LABELS)).min(2),
  corpora: z.array(z.string()).min(1),
  dev: z.array(z.string()).min(1),
  /** Most clips that are learned from, chosen by chance. Default: all. */
  most: z.int().min(1).optional(),
  /** A pool of made-up raters (src/core/annotators/simulate.ts). Default: none, raters are those of `ratings`. */
  simulate: z
    .strictObject({
      seed: z.int().min(0),
      raters: z.int().min(2).max(10_000),
      leniency: spread,
      bias: spread,
      noise: range(0, 10),
      activity: range(1e-3, 1e3),
    })
    .optional(),
  /** Fewest ratings of a clip that has a distribution. */
  fewest: z.int().min(1).default(2),
  /** How the distributions that are learned are made (paper 4, sections 2 and 3.1). */
  truth: z
    .strictObject({
      upsamples: count.default(200),
      bins: z.union([z.literal(64), z.literal(128), z.literal(256), z.literal(512)]).default(512),
    })
    .default({ upsamples: 200, bins: 512 }),
  /** Most ratings of a clip that one step looks at. */
  slots: z.int().min(1).max(64).default(10),
  network: z.strictObject({ width: count.default(256), dropout: z.number().min(0).max(0.95).default(0.2) }),
  /** Points that predictions are upsampled to while learning, and their soft histogram (paper 4, section 3.3). */
  kde: z
    .strictObject({
      upsamples: z.int().min(2).max(1000).default(64),
      bins: z.union([z.literal(16), z.literal(32), z.literal(64)]).default(64),
      sigma: z.number().min(1).max(100).default(8),
    })
    .default({ upsamples: 64, bins: 64, sigma: 8 }),
  variants: z.array(z.enum(VARIANTS)).min(1),
  schedule: z.strictObject({
    epochs: z.int().min(1).max(10_000),
    batch: z.int().min(2).max(4096),
    rate: z.number().positive(),
    warmupEpochs: z.number().min(0).default(0),
    weightDecay: z.number().min(0).default(0),
    averaging: z.number().min(0).max(1).default(0.99),
  }),
});

/** A configuration that passed. */
export type AnnotatorConfig = z.infer<typeof annotatorConfig>;

/**
 * Read a configuration of kind `annotators`.
 * @throws UndertoneError `config-invalid` with every problem on a line: file, key, remedy.
 * @example const config = await readAnnotatorConfig('models/configs/annotators.json');
 */
export function readAnnotatorConfig(file: string): Promise<AnnotatorConfig> {
  return readConfig(file, annotatorConfig, 'docs/annotators.md');
}

/** What a task needs to know of a configuration. */
export function annotatorTraining(config: AnnotatorConfig, raters: number): AnnotatorTraining {
  const { seed, embedding, slots, network, kde } = config;
  return { seed, raters, embedding, slots, network, kde };
}
