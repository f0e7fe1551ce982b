/** Losses of papers 1, 3 and 5, over a batch; each is a mean over clips so that the rate does not depend on the batch. */
import { add, div, log, mul, neg, softplus, square, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { logSoftmax, mean, sum } from '../graph/reduce.ts';

/** Weights of clips: [n, 1], mean about 1. Absent: all count the same. */
export type ClipWeights = Value | undefined;

/**
 * Binary cross-entropy of each label from its logit (paper 1, Eq. 1): [n, labels].
 * @param logits [n, labels].
 * @param present 0 or 1, [n, labels].
 */
function binaryCrossEntropies(logits: Value, present: Value): Value {
  return sub(softplus(logits), mul(logits, present));
}

/** Paper 1, Eq. 1: summed over labels, mean over clips. */
export function bce(logits: Value, present: Value, weights?: ClipWeights): Value {
  return overClips(sum(binaryCrossEntropies(logits, present), { axes: [1], keep: true }), weights);
}

/**
 * Paper 1, Eq. 2: each label's cross-entropy by the inverse of its effective number (Cui et al. 2019).
 * @param factors [labels], from `effectiveNumberWeights`.
 */
export function classBalancedBce(logits: Value, present: Value, factors: Value, weights?: ClipWeights): Value {
  return overClips(sum(mul(binaryCrossEntropies(logits, present), factors), { axes: [1], keep: true }), weights);
}

/**
 * Paper 1, Eq. 3: the cross-entropy of label j counts sum over z of P[j, z] times.
 * @param penalties P, [labels, labels].
 */
export function coOccurrencePenalty(logits: Value, present: Value, penalties: Value, weights?: ClipWeights): Value {
  return classBalancedBce(logits, present, sum(penalties, { axes: [1] }), weights);
}

/** (1 - alpha) a + alpha b: the mixtures of paper 1, Eq. 4 and 5. */
export function mixture(a: Value, b: Value, alpha: number): Value {
  return add(mul(a, 1 - alpha), mul(b, alpha));
}

/**
 * Cross-entropy against shares of raters instead of one label (papers 3 and 5).
 * @param shares rows that sum to 1, [n, labels].
 */
export function softCrossEntropy(logits: Value, shares: Value, weights?: ClipWeights): Value {
  return overClips(neg(sum(mul(logSoftmax(logits, 1), shares), { axes: [1], keep: true })), weights);
}

/** Kullback-Leibler divergence of the predicted shares from the raters', nats: sum of t ln(t / p). */
export function klDivergence(logits: Value, shares: Value, weights?: ClipWeights): Value {
  const held = sub(shares, mul(sub(shares, 1), 1e-12));
  return overClips(sum(mul(shares, sub(log(held), logSoftmax(logits, 1))), { axes: [1], keep: true }), weights);
}

/**
 * 1 - CCC, Lin's concordance correlation over the batch, mean over attributes (paper 2).
 * @param predicted [n, attributes].
 * @param target [n, attributes].
 */
export function oneMinusCcc(predicted: Value, target: Value): Value {
  const over = { axes: [0], keep: true };
  const dp = sub(predicted, mean(predicted, over));
  const dt = sub(target, mean(target, over));
  const covariance = mean(mul(dp, dt), over);
  const spread = add(mean(square(dp), over), mean(square(dt), over));
  const apart = square(sub(mean(predicted, over), mean(target, over)));
  return neg(sub(mean(div(mul(covariance, 2), add(add(spread, apart), 1e-8))), 1));
}

function overClips(losses: Value, weights: ClipWeights): Value {
  return mean(weights ? mul(losses, weights) : losses);
}
