/** Tail of Student's t distribution, through the regularised incomplete beta function. */
import { incompleteBeta } from './incomplete-beta.ts';

/**
 * Probability that |T| is at least |t| when T has Student's distribution: the p-value of a two-tailed t-test.
 * @param t any number, infinities included.
 * @param freedom degrees of freedom, more than 0, need not be whole.
 * @returns 0 to 1, right to about 1e-12.
 * @throws RangeError when t is NaN or `freedom` is not more than 0.
 * @example twoTailed(2.0226909, 39); // 0.05
 */
export function twoTailed(t: number, freedom: number): number {
  if (Number.isNaN(t)) throw new RangeError('t is NaN');
  if (!(freedom > 0)) throw new RangeError(`degrees of freedom are ${freedom}, not more than 0`);
  const square = t * t;
  if (square === Infinity) return 0;
  // of x and 1 - x the smaller is computed directly, so that neither loses digits
  return incompleteBeta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5);
}
