/** Precision, recall and F1 of multi-hot decisions. */
import { at, checkPair, type Matrix } from './matrix.ts';
import { checkMultiHot } from './presence.ts';
import { tally, total, type Tally } from './tally.ts';

/** How one label is decided; each figure is 0 to 1, and 0 where nothing can be divided. */
export interface LabelScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Clips in which the label is present. */
  readonly support: number;
}

/** F1 over labels in the three ways of scikit-learn, and label by label. */
export interface F1Scores {
  /** Plain mean over all labels, those never present included. */
  readonly macro: number;
  /** Of the decisions of all labels counted together. */
  readonly micro: number;
  /** Mean over labels weighted by support. */
  readonly weighted: number;
  readonly perLabel: readonly LabelScore[];
}

/**
 * F1 of multi-hot decisions (papers 1, 3 and 5), as scikit-learn's `f1_score` with `zero_division=0`: a label that is
 * neither present nor said scores 0.
 * @param present [clips][C] of 0 and 1: what raters perceived.
 * @param said [clips][C] of 0 and 1: what was predicted.
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other or not of 0 and 1.
 * @example f1(presentByShare(votes), presentByShare(shares)).macro;
 */
export function f1(present: Matrix, said: Matrix): F1Scores {
  return total(f1Tally(present, said));
}

/** `f1` as a tally. */
export function f1Tally(present: Matrix, said: Matrix): Tally<F1Scores> {
  const labels = checkPair(present, said, ['present', 'said']);
  checkMultiHot('present', present);
  checkMultiHot('said', said);
  return tally(
    present.length,
    labels * 3,
    (row, i) => {
      for (let k = 0; k < labels; k++) {
        row[3 * k] = at(present, i, k) * at(said, i, k);
        row[3 * k + 1] = at(said, i, k);
        row[3 * k + 2] = at(present, i, k);
      }
    },
    scores,
  );
}

/** From three sums a label (hits, said, present) to scores. */
export function scores(sums: ArrayLike<number>): F1Scores {
  const perLabel: LabelScore[] = [];
  const all = { hits: 0, said: 0, present: 0, byLabel: 0, bySupport: 0 };
  for (let j = 0; j < sums.length; j += 3) {
    const [hits, said, present] = [sums[j] ?? NaN, sums[j + 1] ?? NaN, sums[j + 2] ?? NaN];
    const f1 = ratio(2 * hits, said + present);
    perLabel.push({ precision: ratio(hits, said), recall: ratio(hits, present), f1, support: present });
    all.hits += hits;
    all.said += said;
    all.present += present;
    all.byLabel += f1;
    all.bySupport += f1 * present;
  }
  return {
    macro: ratio(all.byLabel, perLabel.length),
    micro: ratio(2 * all.hits, all.said + all.present),
    weighted: ratio(all.bySupport, all.present),
    perLabel,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
