/**
 * The network of paper 2 (Figure 1, section IV): an autoencoder over an embedding, an emotional regressor at its
 * bottleneck. A network without autoencoder is the regressor alone, as the paper's dropout baselines are.
 */
import { add, exp, mul, relu, tanh } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { linear } from './layers.ts';

/** Widths of the layers, and what stands between input and regressor. */
export interface AttributeNetwork {
  /** Layers of the encoder, ReLU; the decoder mirrors them, tanh. */
  readonly encoder: readonly number[];
  /** Of mean and of log-variance. */
  readonly latent: number;
  /** Hidden layers of the regressor, tanh. */
  readonly regressor: readonly number[];
  /** `variational`: latents are a normal distribution (Eq. 4). `plain`: a point. `none`: the regressor sees the input. */
  readonly autoencoder: 'variational' | 'plain' | 'none';
}

/** Where the latents of an input lie. */
export interface Bottleneck {
  /** [n, latent]; the input itself where there is no autoencoder. */
  readonly mean: Value;
  /** Natural logarithm of the variance of each latent, [n, latent]; null for a point. */
  readonly logVariance: Value | null;
}

/** What is done to hidden layers: dropout of one kind or another, or nothing. */
export type Dropping = (x: Value, layer: string) => Value;

/** What the regressor says, for draws if there are any: [n, ...] or [n, draws, ...]. */
export interface Regressed {
  /** Softmax of each seven is a soft label: [..., attributes 7]. */
  readonly binLogits: Value;
  /** The consensus, linear: [..., attributes]. */
  readonly consensus: Value;
}

/**
 * The encoder: latents of embeddings x [n, width].
 * @example const { mean } = encode(graph.input('embedding', ['n', 192]), network, (layer) => layer);
 */
export function encode(x: Value, { encoder, latent, autoencoder }: AttributeNetwork, drop: Dropping): Bottleneck {
  if (autoencoder === 'none') return { mean: x, logVariance: null };
  const hidden = encoder.reduce((y, width, i) => {
    const name = `encoder.layer${i}`;
    return drop(relu(linear(y, name, width)), name);
  }, x);
  return {
    mean: linear(hidden, 'encoder.mean', latent),
    logVariance: autoencoder === 'variational' ? linear(hidden, 'encoder.logVariance', latent) : null,
  };
}

/**
 * Draws of the latents by reparametrisation: mean + deviation noise (Eq. 4).
 * @param noise standard normal, of a shape that combines with [n, latent] by NumPy's rule.
 */
export function drawn({ mean, logVariance }: { mean: Value; logVariance: Value }, noise: Value): Value {
  return add(mean, mul(exp(mul(logVariance, 0.5)), noise));
}

/**
 * The decoder: the embedding that latents stand for, linear where the paper has a sigmoid: embeddings are standardised here,
 * not squeezed into [0, 1].
 * @param width of the embedding.
 */
export function decode(latents: Value, { encoder }: AttributeNetwork, width: number, drop: Dropping): Value {
  const hidden = encoder.toReversed().reduce((y, side, i) => {
    const name = `decoder.layer${i}`;
    return drop(tanh(linear(y, name, side)), name);
  }, latents);
  return linear(hidden, 'decoder.output', width);
}

/**
 * The emotional regressor over latents [n, latent] or [n, draws, latent].
 * @param attributes how many; all share the hidden layers. The paper trains a network for each: so does a configuration that
 * names one.
 * @param bins of a soft label.
 */
export function regress(
  latents: Value,
  { regressor }: AttributeNetwork,
  { attributes, bins }: { readonly attributes: number; readonly bins: number },
  drop: Dropping,
): Regressed {
  const hidden = regressor.reduce((y, width, i) => {
    const name = `regressor.layer${i}`;
    return drop(tanh(linear(y, name, width)), name);
  }, latents);
  return {
    binLogits: linear(hidden, 'regressor.bins', attributes * bins),
    consensus: linear(hidden, 'regressor.consensus', attributes),
  };
}
