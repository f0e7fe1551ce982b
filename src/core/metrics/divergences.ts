/** How far a predicted distribution over labels lies from the raters' own. Natural logarithms: nats. */
import { at, checkDistributions, checkPair, type Matrix } from './matrix.ts';
import { join, meanTally, total, type Tally } from './tally.ts';

/**
 * Least share that a prediction is taken to give to a label in `kld`. A softmax in 32 bits rounds a share to 0, which
 * would make one clip's divergence, and so the mean, infinite; this way it costs 27.6 nats a rater's whole vote.
 */
const LEAST_SHARE = 1e-12;

/** Means over clips. */
export interface DivergenceFigures {
  /** Kullback-Leibler divergence of the prediction from the truth, sum of t ln(t / p): 0 or more. */
  readonly kld: number;
  /** Jensen-Shannon divergence (the squared distance): 0 to ln 2, symmetric. */
  readonly jsd: number;
  /** Total variation distance, half the sum of |t - p|: 0 to 1, symmetric. */
  readonly tvd: number;
}

/**
 * Divergences between distributions, as paper 3 (Tables 5 and 6) compares predictions with raters.
 * @param truth [clips][C]: shares of raters, each row summing to 1.
 * @param prediction [clips][C]: predicted shares, each row summing to 1 (within 1e-3).
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the other, out of range, or a row is no
 * distribution.
 * @example divergences([[1, 0]], [[0.5, 0.5]]).kld; // ln 2
 */
export function divergences(truth: Matrix, prediction: Matrix): DivergenceFigures {
  return total(divergenceTally(truth, prediction));
}

/** `divergences` as a tally. */
export function divergenceTally(truth: Matrix, prediction: Matrix): Tally<DivergenceFigures> {
  checkPair(truth, prediction, ['truth', 'prediction']);
  checkDistributions('truth', truth);
  checkDistributions('prediction', prediction);
  const over = (term: (t: number, p: number) => number): Tally<number> =>
    meanTally(truth.map((row, i) => row.reduce((sum, t, k) => sum + term(t, at(prediction, i, k)), 0)));
  return join<DivergenceFigures>({
    kld: over((t, p) => relative(t, Math.max(p, LEAST_SHARE))),
    jsd: over((t, p) => (relative(t, (t + p) / 2) + relative(p, (t + p) / 2)) / 2),
    tvd: over((t, p) => Math.abs(t - p) / 2),
  });
}

/** t ln(t / p), with 0 ln 0 as 0. */
function relative(t: number, p: number): number {
  return t > 0 ? t * Math.log(t / p) : 0;
}
