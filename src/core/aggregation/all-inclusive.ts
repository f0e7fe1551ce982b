import { listed, type LabelDistribution, type Tally } from './votes.ts';

/**
 * The all-inclusive rule: every rating for a label of the list counts, as that label's share. Null only where the list
 * has no vote at all.
 *
 * Source: paper 3, sections 3 and 4.3 (AR).
 * @example allInclusive({ counts: [1, 2, 2, 0], total: 5 }); // [0.2, 0.4, 0.4, 0]
 */
export function allInclusive(tally: Tally): LabelDistribution | null {
  const votes = listed(tally);
  return votes === 0 ? null : tally.counts.map((count) => count / votes);
}
