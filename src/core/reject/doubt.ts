/** How far a prediction is doubted: the scores that a reject option may go by. */
import type { DoubtScore, Prediction } from '../../domain.ts';

/** All of them. */
export const DOUBT_SCORES = ['entropy', 'confidence', 'disagreement'] as const satisfies readonly DoubtScore[];

/**
 * A number that rises with doubt.
 *
 * `entropy` is the paper's uncertainty (paper 2, section III-C, of the shares in place of bins); `confidence` is 1 - the
 * confidence that selective classification goes by (El-Yaniv and Wiener 2010); `disagreement` is Gini's index of the shares.
 * @returns `entropy` 0 to ln C, `confidence` 0 to 1, `disagreement` 0 to 1 - 1/C.
 * @example doubtOf('confidence', { ...prediction, probabilities: { anger: 0.9 } }); // 0.1
 */
export function doubtOf(
  score: DoubtScore,
  { probabilities, shares, uncertainty }: Pick<Prediction, 'probabilities' | 'shares' | 'uncertainty'>,
): number {
  switch (score) {
    case 'entropy':
      return uncertainty;
    case 'confidence':
      return 1 - Math.max(0, ...Object.values(probabilities));
    case 'disagreement':
      return 1 - Object.values(shares).reduce((sum, share) => sum + share * share, 0);
  }
}

/** The greatest value of a score with so many labels. */
export function greatestDoubt(score: DoubtScore, labels: number): number {
  return { entropy: Math.log(labels), confidence: 1, disagreement: 1 - 1 / labels }[score];
}

/**
 * How far it is doubted that a label is present under the 1/C rule: the nearer its share to 1/C, the more. It is to a label
 * what the uncertainty of one attribute is to that attribute (paper 2, section V-B).
 * @param share predicted, 0 to 1.
 * @returns 1/C to 1: 1 where the share is 1/C.
 * @example marginDoubt(0.125, 8); // 1
 */
export function marginDoubt(share: number, labels: number): number {
  return 1 - Math.abs(share - 1 / labels);
}
