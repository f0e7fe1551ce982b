/** Networks that predict single raters' valence and arousal from an embedding (paper 4, section 3.2 and figure 1). */
import { add, mul, relu } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { fixedSide, gather, reshape } from '../graph/layout.ts';
import { zeros } from '../graph/normalise.ts';
import { sum } from '../graph/reduce.ts';
import { GRID } from '../../src/core/kde/kde2d.ts';
import { dropout } from './heads.ts';
import { linear, normal } from './layers.ts';

/** Sizes of a network of annotators. */
export interface AnnotatorNetwork {
  /** `heads`: an own last layer for each rater; `one-hot`: the rater is part of the input. */
  readonly kind: 'heads' | 'one-hot';
  /** Raters that there are. */
  readonly raters: number;
  /** Width of the hidden layers. Paper 4: 256. */
  readonly width: number;
  /** Chance of dropout of the embedding. Paper 4: 0.2. */
  readonly dropout: number;
}

/** Predictions of raters, [n, k] each: on [-1, 1] where they are as they should be. */
export interface RaterScores {
  readonly valence: Value;
  readonly arousal: Value;
}

/**
 * What k raters would score.
 * @param embedding [n, inputs].
 * @param raters int64 [n, k]: which raters of all; only these are computed.
 * @example annotatorScores(embedding, raters, { kind: 'heads', raters: 150, width: 256, dropout: 0.2 });
 */
export function annotatorScores(embedding: Value, raters: Value, network: AnnotatorNetwork): RaterScores {
  const { graph } = embedding;
  const { kind, width } = network;
  const [n = 1] = embedding.dims;
  const k = fixedSide(raters, 1);
  const seen = linear(dropout(embedding, network.dropout), 'shared', width);
  if (kind === 'one-hot') {
    // One row of the first layer for each rater is what a one-hot input selects.
    const rows = graph.parameter('shared.raters', [network.raters, width], normal(1 / Math.sqrt(width)));
    const shared = relu(add(gather(rows, raters), reshape(seen, [n, 1, width])));
    const score = (name: string): Value => reshape(linear(hidden(shared, name, width), `${name}.head`, 1), [n, k]);
    return { valence: score('valence'), arousal: score('arousal') };
  }
  const shared = relu(seen);
  const score = (name: string): Value => {
    const weights = graph.parameter(`${name}.heads.weight`, [network.raters, width], normal(1 / Math.sqrt(width)));
    const biases = graph.parameter(`${name}.heads.bias`, [network.raters, 1], zeros);
    const own = reshape(hidden(shared, name, width), [n, 1, width]);
    return add(sum(mul(gather(weights, raters), own), { axes: [2] }), reshape(gather(biases, raters), [n, k]));
  };
  return { valence: score('valence'), arousal: score('arousal') };
}

/** The baseline: logits of the 16 cells at once, without any rater. As deep as the others. */
export function gridLogits(
  embedding: Value,
  { width, dropout: chance }: Pick<AnnotatorNetwork, 'width' | 'dropout'>,
): Value {
  const shared = relu(linear(dropout(embedding, chance), 'shared', width));
  return linear(hidden(shared, 'grid', width), 'grid.head', GRID * GRID);
}

/** The two layers that each prediction has for itself. */
function hidden(x: Value, name: string, width: number): Value {
  return relu(linear(relu(linear(x, `${name}.first`, width)), `${name}.second`, width));
}
