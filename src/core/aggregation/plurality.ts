import type { LabelDistribution, Tally } from './votes.ts';
import { oneHot } from './one-hot.ts';
import { leaders } from './single-label.ts';

/**
 * The plurality rule: the label with the most ratings, as a one-hot vector. Null where labels tie for the most, or
 * where the list has no vote. What the list does not name is several choices in one pot, so it does not compete.
 *
 * Source: paper 3, section 4.3 (PR); ties are removed as in its Table 2, case 2.
 * @example plurality({ counts: [2, 1, 1, 1], total: 5 }); // [1, 0, 0, 0]
 */
export function plurality({ counts }: Tally): LabelDistribution | null {
  const [winner, tied] = leaders(counts);
  return winner === undefined || tied !== undefined ? null : oneHot(winner, counts.length);
}
