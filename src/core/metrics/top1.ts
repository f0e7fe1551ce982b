/** Is the label that is predicted first the one that raters choose first? */
import { at, checkPair, type Matrix } from './matrix.ts';
import { tally, total, type Tally } from './tally.ts';

/** What counts as the raters' first label where several have equally many votes. */
export interface TieOptions {
  /**
   * `first`: the first of the tied in label order, as an argmax gives it; this is how scikit-learn's accuracy of
   * argmaxes, and so most published figures, are counted. `any`: the predicted one when it is among the tied, else the
   * first in label order. Default `first`.
   */
  readonly ties?: 'first' | 'any';
}

/** Figures of a prediction that names one label a clip. */
export interface TopFigures {
  /** Share of clips whose predicted first label is the raters' first. */
  readonly top1: number;
  /** Unweighted average recall: the mean of recalls over the labels that are the raters' first of some clip. */
  readonly uar: number;
  /** Clips [raters' first][predicted first]. */
  readonly confusion: Matrix;
}

/**
 * Top-1 accuracy, unweighted average recall and confusion of single-label reading.
 * @param truth [clips][C]: shares of raters, 0 to 1.
 * @param prediction [clips][C]: predicted shares or probabilities, 0 to 1; of equal ones the first in label order counts.
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other or out of range.
 * @example top([[0.5, 0.5], [0, 1]], [[0.4, 0.6], [0.3, 0.7]]).top1; // 0.5; with { ties: 'any' } 1
 */
export function top(truth: Matrix, prediction: Matrix, options: TieOptions = {}): TopFigures {
  return total(topTally(truth, prediction, options));
}

/** `top` as a tally. */
export function topTally(truth: Matrix, prediction: Matrix, options: TieOptions = {}): Tally<TopFigures> {
  const labels = checkPair(truth, prediction, ['truth', 'prediction']);
  return tally(
    truth.length,
    labels * labels,
    (row, i) => {
      const said = argmax(prediction[i] ?? []);
      row[ratersFirst(truth, i, said, options) * labels + said] = 1;
    },
    (sums) => figures(sums, labels),
  );
}

/**
 * For each clip, whether the predicted first label is none of the raters' first (ties as `options` say).
 * @example const wrong = misses(truth, probabilities, { ties: 'any' });
 */
export function misses(truth: Matrix, prediction: Matrix, options: TieOptions = {}): readonly boolean[] {
  checkPair(truth, prediction, ['truth', 'prediction']);
  return prediction.map((row, i) => {
    const said = argmax(row);
    return ratersFirst(truth, i, said, options) !== said;
  });
}

function ratersFirst(truth: Matrix, i: number, said: number, { ties = 'first' }: TieOptions): number {
  const first = argmax(truth[i] ?? []);
  return ties === 'any' && at(truth, i, said) === at(truth, i, first) ? said : first;
}

function argmax(row: readonly number[]): number {
  return row.reduce((best, x, k) => (x > (row[best] ?? NaN) ? k : best), 0);
}

function figures(sums: Float64Array, labels: number): TopFigures {
  const confusion: number[][] = [];
  let clips = 0;
  let hits = 0;
  let recalls = 0;
  let occurring = 0;
  for (let k = 0; k < labels; k++) {
    const row = [...sums.subarray(k * labels, (k + 1) * labels)];
    const support = row.reduce((sum, x) => sum + x, 0);
    const hit = row[k] ?? 0;
    confusion.push(row);
    clips += support;
    hits += hit;
    if (support === 0) continue;
    occurring += 1;
    recalls += hit / support;
  }
  return { top1: hits / clips, uar: recalls / occurring, confusion };
}
