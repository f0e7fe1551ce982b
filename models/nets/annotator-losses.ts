/** Paper 4's two tasks as losses: single raters' scores, and the distribution that they make together. */
import { add, div, log, mul, neg, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { fixedSide, reshape, slice } from '../graph/layout.ts';
import { matmul } from '../graph/matmul.ts';
import { mean, sum } from '../graph/reduce.ts';
import type { RaterScores } from './annotators.ts';
import { kdeGrid, type KdeOptions } from './kde.ts';

/** Keeps a logarithm of 0 away (paper 4, footnote 8). */
const EPSILON = 1e-8;

/**
 * Task 1 (paper 4, section 3.3): 2 - CCC of valence - CCC of arousal, over all ratings of the batch at once.
 * @param mask 1 where there is a rating, [n, k].
 */
export function ratingLoss(predicted: RaterScores, given: RaterScores, mask: Value): Value {
  const loss = (part: keyof RaterScores): Value => oneMinusMaskedCcc(predicted[part], given[part], mask);
  return add(loss('valence'), loss('arousal'));
}

/** 1 - CCC of those numbers whose mask is 1. */
function oneMinusMaskedCcc(predicted: Value, given: Value, mask: Value): Value {
  const count = add(sum(mask), EPSILON);
  const average = (x: Value): Value => div(sum(mul(x, mask)), count);
  const [meanPredicted, meanGiven] = [average(predicted), average(given)];
  const [dp, dg] = [sub(predicted, meanPredicted), sub(given, meanGiven)];
  const spread = add(average(square(dp)), average(square(dg)));
  const apart = square(sub(meanPredicted, meanGiven));
  return neg(sub(div(mul(average(mul(dp, dg)), 2), add(add(spread, apart), EPSILON)), 1));
}

/** How predictions are upsampled: as ratings are for the truth (src/core/annotators/upsample.ts), by numbers drawn outside. */
export interface Upsampling {
  /** Shares of raters in each point, [n, m, k]; 0 for those without a rating. */
  readonly shares: Value;
  /** Uniform in [-1/2, 1/2), [n, 2 m]: of valence, then of arousal. */
  readonly noise: Value;
}

/**
 * Task 2 (paper 4, section 3.3): cross-entropy of the distribution of the predictions, by upsampling and differentiable
 * kernel density estimation, against the truth.
 * @param mask 1 where there is a rating, [n, k].
 * @param truth [n, 16].
 */
export function distributionLoss(
  { valence, arousal }: RaterScores,
  mask: Value,
  { shares, noise }: Upsampling,
  truth: Value,
  options: KdeOptions = {},
): Value {
  const [n = 1] = valence.dims;
  const k = fixedSide(valence, 1);
  const m = fixedSide(shares, 1);
  const upsampled = (scores: Value, part: 0 | 1): Value => {
    const means = reshape(matmul(shares, reshape(scores, [n, k, 1])), [n, m]);
    return add(means, mul(slice(noise, 1, part * m, (part + 1) * m), maskedDeviation(scores, mask)));
  };
  return gridCrossEntropy(kdeGrid(upsampled(valence, 0), upsampled(arousal, 1), options), truth);
}

/** Standard deviation over the second axis of what is not masked, [n, 1]. */
function maskedDeviation(x: Value, mask: Value): Value {
  const along = { axes: [1], keep: true };
  const count = add(sum(mask, along), EPSILON);
  const centred = sub(x, div(sum(mul(x, mask), along), count));
  return sqrt(add(div(sum(mul(square(centred), mask), along), count), EPSILON));
}

/** Mean over rows of minus the sum of truth ln(predicted), with rows of 16 cells. */
function gridCrossEntropy(predicted: Value, truth: Value): Value {
  const [n = 1] = truth.dims;
  const held = add(reshape(predicted, [n, fixedSide(truth, 1)]), EPSILON);
  return neg(mean(sum(mul(truth, log(held)), { axes: [1] })));
}
