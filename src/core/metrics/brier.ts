/** Brier scores of presences: squared error of a probability against what raters perceived. */
import { at, checkPair, type Matrix } from './matrix.ts';
import { mean, overLabels, type PerLabelMean } from './per-label.ts';
import { checkMultiHot } from './presence.ts';
import { tally, total, type Tally } from './tally.ts';

/** Both readings of the score. */
export interface BrierFigures extends PerLabelMean {
  /** Plain mean over clips and labels, 0 to 1. This is what `evaluate` prints as `brier`. */
  readonly mean: number;
  /** Per label the plain mean over clips, 0 to 1. */
  readonly perLabel: readonly number[];
  /**
   * Paper 5, Eq. 1, to the letter: per label the squared errors of all N clips over N^e, "the sample count for emotion
   * e", read as the clips in which e is present; then the mean over labels present somewhere. Not bounded by 1. The
   * paper says that its score is, and prints 0.13 to 0.18, so it will have used N for N^e, which is the plain mean.
   */
  readonly equation1: number;
}

/**
 * Brier score, in both readings.
 * @param present [clips][C] of 0 and 1: what raters perceived.
 * @param probabilities [clips][C], each 0 to 1.
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other or out of range.
 * @example brier([[1, 0]], [[0.8, 0.4]]).mean; // 0.1
 */
export function brier(present: Matrix, probabilities: Matrix): BrierFigures {
  return total(brierTally(present, probabilities));
}

/** `brier` as a tally. */
export function brierTally(present: Matrix, probabilities: Matrix): Tally<BrierFigures> {
  const labels = checkPair(present, probabilities, ['present', 'probabilities']);
  checkMultiHot('present', present);
  return tally(
    present.length,
    2 * labels + 1,
    (row, i) => {
      for (let k = 0; k < labels; k++) {
        row[k] = (at(probabilities, i, k) - at(present, i, k)) ** 2;
        row[labels + k] = at(present, i, k);
      }
      row[2 * labels] = 1;
    },
    (sums) => {
      const clips = sums[2 * labels] ?? NaN;
      const squares = [...sums.subarray(0, labels)];
      const perLabel = squares.map((square) => square / clips);
      const byPresent = squares
        .map((square, k) => square / (sums[labels + k] ?? NaN))
        .filter((_score, k) => (sums[labels + k] ?? 0) > 0);
      return { ...overLabels(perLabel), equation1: mean(byPresent) };
    },
  );
}
