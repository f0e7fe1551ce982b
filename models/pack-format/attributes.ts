/**
 * Networks of attributes (paper 2) as format 2 of `pack.json` names them, one for each modality at most: what
 * `undertone uncertainty train` wrote, and from the embeddings of which encoder it learned.
 */
import { z } from 'zod';
import { ATTRIBUTES, BINS } from '../../src/core/vad/attributes.ts';
import type { Modality } from '../../src/domain.ts';
import { network, rows, width } from './fields.ts';

const each = z.tuple([rows, z.literal(ATTRIBUTES.length)]);
const [valence, arousal, dominance] = ATTRIBUTES;

/** How the manifest names one. */
export const attributesNetwork = z.strictObject({
  file: network.file,
  sha256: network.sha256,
  /** SHA-256 of the network whose embeddings it learned from: no other gives numbers that mean the same. */
  encoder: network.sha256,
  /** Whose scores it learned. `derived`: nobody's, they follow from votes for emotions (docs/uncertainty.md). */
  labels: z.literal('derived', {
    error: (issue) => `unknown labels '${String(issue.input)}'; known: derived (docs/uncertainty.md)`,
  }),
  /** Order of the outputs' second axis. */
  attributes: z.tuple([z.literal(valence), z.literal(arousal), z.literal(dominance)], {
    error: `must be ${ATTRIBUTES.join(', ')}: train a network that knows all of them`,
  }),
  /** What `low` and `high` of the network promise: told to readers, built into the network. */
  interval: z.strictObject({
    level: z.number().gt(0).lt(1),
    factors: z.array(z.number().min(0)).length(ATTRIBUTES.length),
  }),
  inputs: z.strictObject({ embedding: z.tuple([rows, width]) }),
  outputs: z.strictObject({
    bins: z.tuple([rows, z.literal(ATTRIBUTES.length), z.literal(BINS)]),
    uncertainty: each,
    consensus: each,
    low: each,
    high: each,
  }),
});

/** A network of attributes that passed. */
export type AttributesNetwork = z.infer<typeof attributesNetwork>;

/** What of the modality's own network must fit. */
interface Embedding {
  readonly sha256: string;
  readonly outputs: { readonly embedding: readonly ('n' | number)[] };
}

/** A network of attributes is that of the pack's own encoder. */
export function checkEncoder(
  modality: Modality,
  { encoder, inputs }: AttributesNetwork,
  { sha256, outputs }: Embedding,
  context: z.RefinementCtx,
): void {
  const problem = (key: string, message: string) => {
    context.addIssue({ code: 'custom', path: ['attributes', modality, key], message });
  };
  const remedy = `run 'undertone uncertainty train' on the pack's ${modality} network, then 'undertone pack' or 'uncertainty add'`;
  if (encoder !== sha256)
    problem(
      'encoder',
      `learned from embeddings of another network, not of the ${modality} network ${sha256}: ${remedy}`,
    );
  const given = outputs.embedding.at(-1);
  if (inputs.embedding[1] !== given)
    problem(
      'inputs',
      `takes embeddings of ${inputs.embedding[1]} numbers, but the ${modality} network gives ${String(given)}: ${remedy}`,
    );
}
