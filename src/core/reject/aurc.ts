/** One number for a whole risk-coverage curve, and how much of it the order of the clips is to blame for. */
import { checkLength } from '../metrics/matrix.ts';
import { tally, type Tally } from '../metrics/tally.ts';
import { risingOrder } from './curve.ts';

/** Areas under the risk-coverage curve from coverage 0 to 1. */
export interface Areas {
  /** Mean over clips of the risk among the clips that are at least as sure: 0 to 1, less is better. */
  readonly aurc: number;
  /** `aurc` less that of the order which rejects every wrong clip first: 0 for a perfect order, never below. */
  readonly eaurc: number;
}

/**
 * AURC and excess AURC (Geifman, Uziel and El-Yaniv 2019, "Bias-reduced uncertainty estimation", section 3). The best
 * order's area is summed clip by clip, where the paper writes its limit r + (1 - r) ln(1 - r). Clips of equal uncertainty
 * are accepted together, each at the risk of the whole tie, so the clips' order never matters.
 * @param uncertainty a finite number a clip.
 * @param loss 0 to 1 a clip: 1 where the clip, if accepted, is wrong. The best order needs no more than that losses are 0 or 1;
 * for others it is that of rising loss.
 * @throws RangeError when there is no clip, the lists differ in length or an uncertainty is not finite.
 * @example areas([0.1, 0.2, 0.3], [0, 0, 1]); // aurc 1/9, eaurc 0
 */
export function areas(uncertainty: readonly number[], loss: readonly number[]): Areas {
  checkLength('loss', loss, uncertainty.length);
  const aurc = area(uncertainty, loss);
  const best = loss.toSorted((a, b) => a - b);
  const least = area(
    best.map((_, i) => i),
    best,
  );
  // of two equal areas, summed in other orders, one may come out a little less
  return { aurc, eaurc: Math.max(0, aurc - least) };
}

/**
 * `aurc` as a tally, for intervals and for clips that count unequally: clips are sorted into bins of about equally many by
 * their doubt, and those of one bin are accepted together, as clips of equal doubt are in `areas`. With a bin for each
 * different doubt the figure is that of `areas`.
 * @param uncertainty a number a clip; Infinity for one that is never accepted comes last.
 * @param loss 0 to 1 a clip.
 * @param bins at most so many. Default 100.
 * @throws RangeError when the lists differ in length.
 */
export function aurcTally(uncertainty: readonly number[], loss: readonly number[], bins = 100): Tally<number> {
  checkLength('loss', loss, uncertainty.length);
  const rising = uncertainty.toSorted((a, b) => a - b);
  const edges = new Set(
    Array.from({ length: bins }, (_, i) => rising[Math.ceil(((i + 1) * rising.length) / bins) - 1] ?? Infinity),
  );
  const uppers = [...edges];
  return tally(
    uncertainty.length,
    2 * uppers.length,
    (row, i) => {
      const bin = uppers.findIndex((upper) => (uncertainty[i] ?? NaN) <= upper);
      row[2 * bin] = 1;
      row[2 * bin + 1] = loss[i] ?? NaN;
    },
    (sums) => {
      let [accepted, lost, sum] = [0, 0, 0];
      for (let bin = 0; bin < uppers.length; bin++) {
        const clips = sums[2 * bin] ?? NaN;
        accepted += clips;
        lost += sums[2 * bin + 1] ?? NaN;
        if (clips > 0) sum += (clips * lost) / accepted;
      }
      return sum / accepted;
    },
  );
}

function area(uncertainty: readonly number[], loss: readonly number[]): number {
  const rising = risingOrder(uncertainty);
  let [sum, lost, tied] = [0, 0, 0];
  rising.forEach((clip, i) => {
    lost += loss[clip] ?? NaN;
    tied += 1;
    const next = rising[i + 1];
    if (next !== undefined && uncertainty[next] === uncertainty[clip]) return;
    sum += (tied * lost) / (i + 1);
    tied = 0;
  });
  return sum / rising.length;
}
