import type { LabelDistribution } from './votes.ts';

/** 1 for each label that is present, in the list's order. */
export type MultiHot = readonly (0 | 1)[];

/**
 * The labels that are present: those with a share strictly above 1/C. A uniform distribution has none.
 *
 * Shares made of counts compare exactly: division rounds equal fractions to equal numbers, so 2 of 12 is not above 1/6.
 *
 * Source: paper 1, section 3.1; paper 3, section 3 (AR at test time).
 * @param distribution over C labels; other sources of shares, such as a softmax, serve as well.
 * @example presence([0.4, 0.2, 0.2, 0.2]); // [1, 0, 0, 0]
 */
export function presence(distribution: LabelDistribution): MultiHot {
  const threshold = 1 / distribution.length;
  return distribution.map((share) => (share > threshold ? 1 : 0));
}
