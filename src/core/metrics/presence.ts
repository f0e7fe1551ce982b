/** From numbers to multi-hot decisions: which labels are present in a clip. */
import { at, checkLength, checkMatrix, checkPair, type Matrix } from './matrix.ts';

/**
 * Labels that more than 1/C of the raters choose, or are predicted to (papers 1, 3 and 5): 1 where the share is strictly
 * greater than 1/C, else 0.
 * @param shares [clips][C], each 0 to 1. Keep them in 64 bits: a share of 1/6 rounded to 32 bits is greater than 1/6.
 * @returns [clips][C] of 0 and 1.
 * @throws RangeError naming row and column of what is not a share.
 * @example presentByShare([[0.5, 0.5, 0], [0.3, 0.3, 0.4]]); // [[1, 1, 0], [0, 0, 1]]
 */
export function presentByShare(shares: Matrix): Matrix {
  const uniform = 1 / checkMatrix('shares', shares);
  return shares.map((row) => row.map((share) => (share > uniform ? 1 : 0)));
}

/**
 * Labels whose probability is strictly greater than their threshold.
 * @param probabilities [clips][C], each 0 to 1.
 * @param thresholds [C], or one for all labels.
 * @returns [clips][C] of 0 and 1.
 * @throws RangeError naming row and column of what is not a probability, and when a threshold lacks or is not 0 to 1.
 * @example presentByThreshold([[0.6, 0.3]], [0.5, 0.2]); // [[1, 1]]
 */
export function presentByThreshold(probabilities: Matrix, thresholds: number | readonly number[]): Matrix {
  const labels = checkMatrix('probabilities', probabilities);
  const each = typeof thresholds === 'number' ? Array.from({ length: labels }, () => thresholds) : thresholds;
  checkLength('thresholds', each, labels);
  checkMatrix('thresholds', [each]);
  return probabilities.map((row) => row.map((p, k) => (p > (each[k] ?? NaN) ? 1 : 0)));
}

/**
 * Per label the threshold that maximises F1 on a dev set, `p > threshold` meaning present. It lies halfway between two
 * neighbouring probabilities; of several that do equally well, the one nearest to 0.5 stands. A label that is never
 * present keeps 0.5.
 * @param present [clips][C] of 0 and 1: what raters perceived.
 * @param probabilities [clips][C], each 0 to 1.
 * @param weights how often each clip counts, [clips], 0 or more. Default 1 each.
 * @returns [C] thresholds in [0, 1).
 * @throws RangeError on matrices that are empty, ragged, unlike, out of range, or where `present` is neither 0 nor 1.
 * @example const thresholds = chooseThresholds(presentByShare(votes), probabilities);
 */
export function chooseThresholds(
  present: Matrix,
  probabilities: Matrix,
  weights: readonly number[] = present.map(() => 1),
): readonly number[] {
  const labels = checkPair(present, probabilities, ['present', 'probabilities']);
  checkMultiHot('present', present);
  checkLength('weights', weights, present.length);
  return Array.from({ length: labels }, (_, k) =>
    bestThreshold(
      present.map((_row, i) => ({ p: at(probabilities, i, k), present: at(present, i, k), n: weights[i] ?? NaN })),
    ),
  );
}

/** Refuses a matrix that holds anything but 0 and 1. @throws RangeError naming row and column. */
export function checkMultiHot(name: string, matrix: Matrix): void {
  matrix.forEach((row, i) => {
    const k = row.findIndex((x) => x !== 0 && x !== 1);
    if (k >= 0) throw new RangeError(`${name}: row ${i}, column ${k} is ${row[k] ?? NaN}, neither 0 nor 1`);
  });
}

function bestThreshold(clips: readonly { readonly p: number; readonly present: number; readonly n: number }[]): number {
  const falling = clips.toSorted((x, y) => y.p - x.p);
  const positives = clips.reduce((sum, clip) => sum + clip.n * clip.present, 0);
  let best = { threshold: 0.5, f1: 0 };
  let [hits, said] = [0, 0];
  falling.forEach((clip, i) => {
    hits += clip.n * clip.present;
    said += clip.n;
    const next = falling[i + 1]?.p ?? 0;
    if (next === clip.p) return;
    const middle = (clip.p + next) / 2;
    // between neighbouring doubles there is no middle
    const threshold = middle < clip.p ? middle : next;
    const f1 = (2 * hits) / (said + positives);
    const nearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
    if (f1 > best.f1 || (f1 === best.f1 && f1 > 0 && nearer)) best = { threshold, f1 };
  });
  return best.threshold;
}
