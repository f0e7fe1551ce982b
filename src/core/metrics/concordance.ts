/** Agreement of two scores in scale and in place, for emotional attributes. */
import { checkLength } from './matrix.ts';

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
