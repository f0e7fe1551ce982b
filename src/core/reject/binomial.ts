/** Tails of the binomial distribution, and what a count of errors says of the rate behind it. */
import { incompleteBeta } from '../metrics/incomplete-beta.ts';

/** Halvings of [0, 1] after which a bound is right to the last digits of a double. */
const HALVINGS = 60;

/**
 * P(X <= k) of X ~ Bin(n, p): as a p-value, how likely k errors or fewer are among n clips if each is wrong at a rate of p or more.
 * @param n a whole number, 0 or more.
 * @param k a whole number; below 0 gives 0, from n on gives 1.
 * @param p 0 to 1.
 * @example binomialCdf(22, 0, 0.1); // 0.0985
 */
export function binomialCdf(n: number, k: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(1 - p, p, n - k, k + 1);
}

/**
 * The greatest rate at which k errors or fewer among n clips would still happen with probability delta: Clopper and
 * Pearson's upper bound. Over samples of a fixed n it lies below the true rate in a share delta of them at most.
 * @returns 0 to 1; 1 where n is 0.
 * @example upperBound(100, 5, 0.1); // 0.0908
 */
export function upperBound(n: number, k: number, delta: number): number {
  if (k >= n) return 1;
  let [low, high] = [k / n, 1];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (binomialCdf(n, k, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}
