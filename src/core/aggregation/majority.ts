import type { LabelDistribution, Tally } from './votes.ts';
import { oneHot } from './one-hot.ts';

/**
 * The majority rule: the label that more than half of all ratings name, as a one-hot vector. Ratings for what the list
 * does not name count among all. Null where no label has that many; exactly half is not enough, so there are no ties.
 *
 * Source: paper 3, section 4.3 (MR).
 * @example majority({ counts: [3, 2], total: 5 }); // [1, 0]
 */
export function majority({ counts, total }: Tally): LabelDistribution | null {
  const winner = counts.findIndex((count) => 2 * count > total);
  return winner < 0 ? null : oneHot(winner, counts.length);
}
