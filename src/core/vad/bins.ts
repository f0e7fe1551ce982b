/** A soft label read as a distribution over [-1, 1]: within a bin, raters are spread evenly. */
import { BINS } from './attributes.ts';

/** The share of raters that `bins` has below a score. */
export function shareBelow(bins: readonly number[], score: number): number {
  const place = ((score + 1) / 2) * BINS;
  return bins.reduce((sum, share, bin) => sum + share * Math.min(1, Math.max(0, place - bin)), 0);
}

/**
 * The score that a share `p` of raters is below.
 * @param bins `BINS` shares that sum to 1, from the lowest.
 * @param p 0 to 1.
 * @example quantile([0, 0, 0, 1, 0, 0, 0], 0.5); // 0
 */
export function quantile(bins: readonly number[], p: number): number {
  let below = 0;
  for (const [bin, share] of bins.entries()) {
    // A share too small to add to the others leaves more of p than it has.
    if (below + share >= p && share > 0) return -1 + (2 / BINS) * (bin + Math.min(1, Math.max(0, p - below) / share));
    below += share;
  }
  return 1;
}

/**
 * The same raters in another number of equal parts of [-1, 1].
 * @example inParts([0, 0, 0, 1, 0, 0, 0], 4); // [0, 0.5, 0.5, 0]
 */
export function inParts(bins: readonly number[], parts: number): readonly number[] {
  const edge = (part: number): number => shareBelow(bins, -1 + (2 * part) / parts);
  return Array.from({ length: parts }, (_, part) => edge(part + 1) - edge(part));
}
