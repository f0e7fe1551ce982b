/** A threshold that accepts at least a wanted share of fresh clips. */
import { binomialCdf } from './binomial.ts';
import { checkPart, leastClips } from './guarantee.ts';

/** What is to be promised. */
export interface CoveragePromise {
  /** Between 0 and 1. */
  readonly coverage: number;
  /** Between 0 and 1: the share of calibration sets whose threshold may break the promise. */
  readonly delta: number;
}

/** What was found: a threshold, or why there is none. */
export type CoverageThreshold =
  | { readonly found: true; readonly threshold: number }
  | { readonly found: false; readonly why: 'too-few'; readonly have: number; readonly need: number }
  | {
      readonly found: false;
      readonly why: 'never-accepted';
      /** Share of the clips that some threshold accepts. */
      readonly most: number;
    };

/**
 * The least threshold which, with probability 1 - delta over calibration sets, accepts at least a share `coverage` of fresh
 * clips like them. It is an order statistic of the doubts: the k-th least of n accepts less than c of all clips only where
 * k or more of n fell into a share c, which is binomial (Wilks 1941); ties accept more, never fewer.
 * @param doubt a number a clip; Infinity for one that is never accepted.
 * @throws RangeError when coverage or delta is not between 0 and 1.
 * @example coverageThreshold(doubts, { coverage: 0.6, delta: 0.1 });
 */
export function coverageThreshold(doubt: readonly number[], { coverage, delta }: CoveragePromise): CoverageThreshold {
  checkPart('coverage', coverage);
  checkPart('delta', delta);
  const n = doubt.length;
  const need = leastClips(coverage, delta);
  if (n < need) return { found: false, why: 'too-few', have: n, need };
  let [low, high] = [1, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (binomialCdf(n, middle - 1, coverage) >= 1 - delta) high = middle;
    else low = middle + 1;
  }
  const threshold = doubt.toSorted((a, b) => a - b)[low - 1] ?? Infinity;
  if (threshold < Infinity) return { found: true, threshold };
  return { found: false, why: 'never-accepted', most: doubt.filter((value) => value < Infinity).length / n };
}
