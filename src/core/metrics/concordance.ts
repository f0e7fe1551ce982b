/** Agreement of two scores in scale and in place, for emotional attributes. */
import { checkLength } from './matrix.ts';
import { tally, type Tally } from './tally.ts';

/**
 * Concordance correlation coefficient (paper 2): 2 cov / (var + var + (difference of means)^2), population moments.
 * @param truth a score a clip, any finite range.
 * @param prediction a score a clip.
 * @returns -1 to 1; NaN where both are one and the same constant.
 * @throws RangeError when the lists are empty, unlike in length, or hold what is not finite (naming the row).
 * @example concordance([1, 2, 3], [1, 2, 3]); // 1
 */
export function concordance(truth: readonly number[], prediction: readonly number[]): number {
  const n = truth.length;
  if (n === 0) throw new RangeError('truth: no row');
  checkLength('prediction', prediction, n);
  for (const [name, list] of [['truth', truth] as const, ['prediction', prediction] as const]) {
    const row = list.findIndex((x) => !Number.isFinite(x));
    if (row >= 0) throw new RangeError(`${name}: row ${row} is ${list[row] ?? NaN}, not finite`);
  }
  const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / n;
  const [a, b] = [mean(truth), mean(prediction)];
  const covariance = mean(truth.map((x, i) => (x - a) * ((prediction[i] ?? NaN) - b)));
  const variances = mean(truth.map((x) => (x - a) ** 2)) + mean(prediction.map((x) => (x - b) ** 2));
  return (2 * covariance) / (variances + (a - b) ** 2);
}

/**
 * `concordance` as a tally: for intervals, and for curves of CCC against coverage (paper 2, Fig. 3). The sums are taken about
 * the mean of all truths, so that scores far from 0 keep their digits.
 * @throws RangeError as `concordance`.
 * @example const ccc = coverageCurve(uncertainty, concordanceTally(truth, prediction));
 */
export function concordanceTally(truth: readonly number[], prediction: readonly number[]): Tally<number> {
  concordance(truth, prediction);
  const centre = truth.reduce((sum, x) => sum + x, 0) / truth.length;
  return tally(
    truth.length,
    6,
    (row, i) => {
      const [x, y] = [(truth[i] ?? NaN) - centre, (prediction[i] ?? NaN) - centre];
      row.set([1, x, y, x * x, y * y, x * y]);
    },
    ([n = 0, x = NaN, y = NaN, xx = NaN, yy = NaN, xy = NaN]) => {
      const [a, b] = [x / n, y / n];
      return (2 * (xy / n - a * b)) / (xx / n - a * a + yy / n - b * b + (a - b) ** 2);
    },
  );
}
