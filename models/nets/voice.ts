/** The voice network: convolutions over log-mel, a transformer over what is left of time, attentive pooling, two heads. */
import { add, mul, relu } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { fixedSide, reshape, transpose } from '../graph/layout.ts';
import { batchNorm, layerNorm } from '../graph/normalise.ts';
import { dropout, heads, type Heads } from './heads.ts';
import { convolution, linear } from './layers.ts';
import { residual } from './residual.ts';
import { attentiveStatistics, transformerLayer } from './sequence.ts';

/** Sizes of a voice network. */
export interface VoiceNetwork {
  /** Channels of the first convolution, which halves time and bands. */
  readonly stem: number;
  /** Channels of each residual stage; every stage halves time and bands again. */
  readonly channels: readonly number[];
  /** Width of the embedding and of the transformer. */
  readonly width: number;
  readonly heads: number;
  /** Layers of the transformer. */
  readonly layers: number;
  /** Chance that a number is dropped while training, after the transformer's halves and before the heads. */
  readonly dropout: number;
}

/**
 * @param logMel [n, frames, 64], natural logarithm, as `logMel` gives it.
 * @returns `embedding` [n, frames / 2^(stages + 1), width], one vector every 80 ms with two stages, and two logits a label.
 */
export function voiceNetwork(
  logMel: Value,
  { stem, channels, width, heads: attentionHeads, layers, dropout: chance }: VoiceNetwork,
  labels: number,
): Heads & { readonly embedding: Value } {
  const [n = 'n', frames = 300, bands = 64] = logMel.dims;
  // Speech lies about -6 +- 4 in natural logarithms of power.
  const picture = reshape(mul(add(logMel, 6), 0.25), [n, 1, frames, bands]);
  let x = relu(batchNorm(convolution(picture, 'stem', stem, 3, { stride: 2, padding: 1 }), 'stem.norm'));
  channels.forEach((count, stage) => {
    x = residual(x, `stage${stage}`, count, 2);
  });
  const steps = fixedSide(x, 2);
  const column = fixedSide(x, 1) * fixedSide(x, 3);
  const embedding = layerNorm(
    linear(reshape(transpose(x, [0, 2, 1, 3]), [n, steps, column]), 'embed', width),
    'embed.norm',
  );
  let y = embedding;
  for (let layer = 0; layer < layers; layer++)
    y = transformerLayer(y, `transformer${layer}`, { width, heads: attentionHeads, dropout: chance }, undefined);
  const pooled = dropout(attentiveStatistics(layerNorm(y, 'pool.norm'), 'pool', undefined), chance);
  return { embedding, ...heads(pooled, 'voice', labels) };
}
