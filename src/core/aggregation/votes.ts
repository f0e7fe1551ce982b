/** How a list of labels sees the votes of one clip, and what a rule makes of them. */
import type { Label } from '../../domain.ts';
import type { Votes } from '../manifest-votes.ts';

/** The votes of one clip as a list of C labels sees them. */
export interface Tally {
  /** Ratings for each label, in the list's order. */
  readonly counts: readonly number[];
  /** All ratings of the clip, those for what the list does not name included. At least the sum of `counts`. */
  readonly total: number;
}

/** Shares of raters over C labels, in the list's order: each in [0, 1], their sum 1. */
export type LabelDistribution = readonly number[];

/** Makes one label of a clip's votes, or none: null where the clip is lost to the rule. */
export type AggregationRule = (tally: Tally) => LabelDistribution | null;

/**
 * Count votes by a list of labels. What the list does not name is `other`: in no label's count, kept in the total.
 *
 * @param votes of one clip: whole numbers from 0 up.
 * @param labels without repeats.
 * @example tally({ anger: 3, fear: 1, other: 1 }, ['anger', 'neutral']); // { counts: [3, 0], total: 5 }
 */
export function tally(votes: Votes, labels: readonly Label[]): Tally {
  return {
    counts: labels.map((label) => votes[label] ?? 0),
    total: Object.values(votes).reduce((sum, count) => sum + count, 0),
  };
}

/** How many ratings fell on the list's labels. */
export function listed({ counts }: Tally): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
