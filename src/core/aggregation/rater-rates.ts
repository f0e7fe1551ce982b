/** How one rater answers a yes-or-no question; both in [0, 1]. */
export interface RaterRates {
  /** Share of yes among the tasks whose truth is yes. */
  readonly sensitivity: number;
  /** Share of no among the tasks whose truth is no. */
  readonly specificity: number;
}

/** A rater's ratings, each split between the two truths by how probable they are. */
export interface RaterSums {
  /** Expected ratings of tasks whose truth is yes, and those of them that said so. */
  readonly yes: number;
  readonly yesSaidYes: number;
  /** Expected ratings of tasks whose truth is no, and those of them that said so. */
  readonly no: number;
  readonly noSaidNo: number;
}

/** A rater of whom nothing is known yet. */
export const NO_RATINGS: RaterSums = { yes: 0, yesSaidYes: 0, no: 0, noSaidNo: 0 };

/** With one more rating, of a task that is yes with probability `p`. */
export function heard(sums: RaterSums, label: boolean, p: number): RaterSums {
  return {
    yes: sums.yes + p,
    yesSaidYes: sums.yesSaidYes + (label ? p : 0),
    no: sums.no + (1 - p),
    noSaidNo: sums.noSaidNo + (label ? 0 : 1 - p),
  };
}

/**
 * The most likely rates, with `smoothing` right and wrong answers of each kind added. A rater who never met a kind, and
 * gets none added, is taken to guess.
 */
export function ratesOf(sums: RaterSums, smoothing: number): RaterRates {
  const rate = (said: number, of: number) => (of > 0 ? said / of : 0.5);
  return {
    sensitivity: rate(sums.yesSaidYes + smoothing, sums.yes + 2 * smoothing),
    specificity: rate(sums.noSaidNo + smoothing, sums.no + 2 * smoothing),
  };
}

/** The logarithm of the chance that the rater says `label` where the truth is yes, and where it is no. */
export function logChances({ sensitivity, specificity }: RaterRates, label: boolean): { yes: number; no: number } {
  return {
    yes: Math.log(label ? sensitivity : 1 - sensitivity),
    no: Math.log(label ? 1 - specificity : specificity),
  };
}
