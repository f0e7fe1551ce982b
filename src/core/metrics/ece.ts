/** Expected calibration error of presences, and the bins that a reliability diagram draws. */
import { at, checkPair, type Matrix } from './matrix.ts';
import { overLabels, type PerLabelMean } from './per-label.ts';
import { checkMultiHot } from './presence.ts';
import { tally, total, type Tally } from './tally.ts';

/** How confidences are binned. */
export interface BinOptions {
  /** Bins of equal width over [0, 1]. Default 15, as in paper 1. */
  readonly bins?: number;
}

/** One bin of a label's reliability diagram: confidences in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  /** Clips in the bin. */
  readonly clips: number;
  /** Mean confidence and share of right decisions; null in an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

/**
 * Expected calibration error (paper 1, section 4.3, Eq. 8): per label the mean over clips of the gap between confidence
 * and accuracy within a bin of confidence, then the mean over labels. Confidence is max(p, 1 - p), the decision is
 * p > 0.5, and a bin holds its upper edge and not its lower one (Guo et al., 2017).
 * @param present [clips][C] of 0 and 1: what raters perceived.
 * @param probabilities [clips][C], each 0 to 1.
 * @returns 0 to 1.
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other or out of range; or when
 * `bins` is no positive integer.
 * @example ece(presentByShare(votes), probabilities).mean;
 */
export function ece(present: Matrix, probabilities: Matrix, options: BinOptions = {}): PerLabelMean {
  return total(eceTally(present, probabilities, options));
}

/** `ece` as a tally: a clip adds, for each label, (right - confidence) to its bin, and 1 to the count. */
export function eceTally(present: Matrix, probabilities: Matrix, options: BinOptions = {}): Tally<PerLabelMean> {
  const labels = check(present, probabilities);
  const { bins, lowest } = binning(options);
  const used = bins - lowest;
  return tally(
    present.length,
    labels * used + 1,
    (row, i) => {
      for (let k = 0; k < labels; k++) {
        const { confidence, right } = decision(at(present, i, k), at(probabilities, i, k));
        row[k * used + binOf(confidence, bins) - lowest] = right - confidence;
      }
      row[labels * used] = 1;
    },
    (sums) => {
      const clips = sums[labels * used] ?? NaN;
      const perLabel = Array.from({ length: labels }, (_, k) => {
        let gap = 0;
        for (let b = 0; b < used; b++) gap += Math.abs(sums[k * used + b] ?? NaN);
        return gap / clips;
      });
      return overLabels(perLabel);
    },
  );
}

/**
 * Reliability by label (paper 1, Figure 2): [C][bins]. Confidence is never under 0.5, so the lower bins stay empty.
 * @throws RangeError as `ece`.
 * @example reliability(present, probabilities)[0]?.filter((bin) => bin.clips > 0);
 */
export function reliability(
  present: Matrix,
  probabilities: Matrix,
  options: BinOptions = {},
): readonly (readonly ReliabilityBin[])[] {
  const labels = check(present, probabilities);
  const { bins } = binning(options);
  return Array.from({ length: labels }, (_, k) => {
    const sums = Array.from({ length: bins }, () => ({ clips: 0, confidence: 0, right: 0 }));
    present.forEach((_row, i) => {
      const { confidence, right } = decision(at(present, i, k), at(probabilities, i, k));
      const bin = sums[binOf(confidence, bins)];
      if (bin === undefined) return;
      bin.clips += 1;
      bin.confidence += confidence;
      bin.right += right;
    });
    return sums.map(({ clips, confidence, right }, b) => ({
      low: b / bins,
      high: (b + 1) / bins,
      clips,
      confidence: clips === 0 ? null : confidence / clips,
      accuracy: clips === 0 ? null : right / clips,
    }));
  });
}

function check(present: Matrix, probabilities: Matrix): number {
  const labels = checkPair(present, probabilities, ['present', 'probabilities']);
  checkMultiHot('present', present);
  return labels;
}

function binning({ bins = 15 }: BinOptions): { readonly bins: number; readonly lowest: number } {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`bins is ${bins}, not a positive integer`);
  return { bins, lowest: binOf(0.5, bins) };
}

function decision(present: number, p: number): { readonly confidence: number; readonly right: number } {
  return { confidence: Math.max(p, 1 - p), right: p > 0.5 === (present === 1) ? 1 : 0 };
}

function binOf(confidence: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
}
