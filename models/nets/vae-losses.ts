/** What the network of paper 2 is trained to minimise. */
import { add, exp, log, mul, neg, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Dim, Graph, Value } from '../graph/graph.ts';
import { fixedSide, reshape } from '../graph/layout.ts';
import { mean, sum } from '../graph/reduce.ts';
import { klDivergence, oneMinusCcc } from './losses.ts';
import type { Bottleneck, Regressed } from './vae.ts';

/** Weights of Eq. 3: autoencoder, consensus, soft labels. */
export interface AttributeLosses {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
}

/**
 * The negative evidence lower bound of Eq. 1 by each number of the input, in nats: -E log p(x|z) of a normal likelihood
 * of unit variance, less its constant, and the divergence of the latents from their prior. By number, so that the rate
 * does not depend on the width. A point at the bottleneck has no prior: half the mean square error is left.
 * @param x [n, width].
 * @param rebuilt what the decoder made of it, [n, width].
 * @param prior weight of the divergence; 1 is Eq. 1.
 */
export function autoencoderLoss(x: Value, rebuilt: Value, bottleneck: Bottleneck, prior: number): Value {
  const error = mul(mean(square(sub(x, rebuilt))), 0.5);
  const { mean: mu, logVariance } = bottleneck;
  if (!logVariance || prior === 0) return error;
  return add(error, mul(priorDivergence(mu, logVariance), prior / fixedSide(x, 1)));
}

/** KL(N(mean, variance) || N(0, 1)) in nats, summed over latents, mean over rows. */
function priorDivergence(mu: Value, logVariance: Value): Value {
  const terms = sub(add(exp(logVariance), square(mu)), add(logVariance, 1));
  return mul(mean(sum(terms, { axes: [1] })), 0.5);
}

/**
 * Eq. 3 without its first term: beta (1 - CCC) of the consensus + gamma KLD of the soft labels, means over attributes.
 * @param target soft labels [n, attributes 7] and consensus [n, attributes]; null where nothing is to be learned from them.
 * @param bins of a soft label.
 * @returns null where nothing is.
 */
export function regressorLoss(
  said: Regressed,
  target: { readonly bins: Value | null; readonly consensus: Value | null },
  { beta, gamma }: Omit<AttributeLosses, 'alpha'>,
  bins: number,
): Value | null {
  const rows = (x: Value): Value => {
    const [n = 1, width = 1] = x.dims;
    return reshape(x, [(Number(n) * Number(width)) / bins, bins]);
  };
  const terms = [
    ...(target.consensus ? [mul(oneMinusCcc(said.consensus, target.consensus), beta)] : []),
    ...(target.bins ? [mul(klDivergence(rows(said.binLogits), rows(target.bins)), gamma)] : []),
  ];
  const [first, ...rest] = terms;
  return first ? rest.reduce((a, b) => add(a, b), first) : null;
}

/** Standard normal noise, drawn afresh at each step (Box and Muller's transform of the uniform noise that steps are fed). */
export function normalNoise(graph: Graph, dims: readonly Dim[]): Value {
  const radius = sqrt(mul(log(neg(sub(graph.noise(dims), 1))), -2));
  const angle = mul(graph.noise(dims), 2 * Math.PI);
  return mul(radius, graph.node('Cos', [angle], dims));
}
