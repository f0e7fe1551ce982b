/** From what reviewers answer to what raters perceive: a distribution over labels, and which of them are present. */
import type { Label } from '../../domain.ts';
import type { Annotation } from '../../domain/review.ts';
import { allInclusive } from '../aggregation/all-inclusive.ts';
import { type MultiHot, presence } from '../aggregation/presence.ts';
import { type LabelDistribution, tally } from '../aggregation/votes.ts';
import type { Votes } from '../manifest-votes.ts';

/** What reviewers perceive in one window. */
export interface Perceived {
  /** Shares of votes over the labels, by the all-inclusive rule (paper 3). */
  readonly shares: LabelDistribution;
  /** 1 for each label with more than 1/C of the votes. */
  readonly present: MultiHot;
  /** Reviewers whose answers count. */
  readonly raters: number;
}

/** What of an annotation a vote is made of. */
export type Voiced = Pick<Annotation, 'labels' | 'cannotTell' | 'informed'>;

/** Whether an answer is a vote: its reviewer could tell, and had not seen what the model said. */
export function isVote({ cannotTell, informed }: Voiced): boolean {
  return !cannotTell && !informed;
}

/**
 * The votes of answers: one for each label that somebody names. Whoever names none, yet could tell, votes for something
 * else (`other`).
 * @example votesOf([{ labels: ['fear', 'surprise'], cannotTell: false, informed: false }]); // { fear: 1, surprise: 1 }
 */
export function votesOf(annotations: readonly Voiced[]): Votes {
  const votes: Partial<Record<Label | 'other', number>> = {};
  for (const { labels } of annotations.filter(isVote)) {
    for (const choice of labels.length === 0 ? (['other'] as const) : new Set(labels))
      votes[choice] = (votes[choice] ?? 0) + 1;
  }
  return votes;
}

/**
 * What reviewers perceive, by the labels that were judged.
 * @param labels in the order in which shares are wanted; a vote for another label is `other`.
 * @returns null where nobody votes for any of the labels.
 * @example perceived(annotations, ['anger', 'fear', 'neutral'])?.present; // [0, 1, 0]
 */
export function perceived(annotations: readonly Voiced[], labels: readonly Label[]): Perceived | null {
  const shares = allInclusive(tally(votesOf(annotations), labels));
  if (shares === null) return null;
  return { shares, present: presence(shares), raters: annotations.filter(isVote).length };
}
