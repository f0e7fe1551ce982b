/** Negative log-likelihood of presence, the loss that calibrations are fitted by (paper 1, section 3.4). */
import { logit } from '../probability.ts';

/**
 * Mean over examples of -ln(what p says of the truth), in nats; 0 is perfect, ln 2 is a coin.
 * @param probabilities presence probabilities of one label, [n]; held within 1e-6 of 0 and 1, so a sure error costs 13.8.
 * @param present 1 where the label is present, else 0, [n].
 * @example meanNll([0.9, 0.2], [1, 0]); // 0.164
 */
export function meanNll(probabilities: readonly number[], present: readonly number[]): number {
  return marginNll(
    probabilities.map((p) => logit(p)),
    present,
  );
}

/** The same from margins u, where the probability is sigmoid(u): without loss for margins of any size. */
export function marginNll(margins: readonly number[], present: readonly number[]): number {
  return marginLoss(margins, present) / margins.length;
}

/**
 * The loss summed instead of averaged, example i counting `weights[i]` times.
 * @param weights [n], each 0 or more. Default 1 each.
 */
export function marginLoss(
  margins: readonly number[],
  present: readonly number[],
  weights?: readonly number[],
): number {
  return margins.reduce((sum, u, i) => sum + (weights?.[i] ?? 1) * softplus(present[i] === 1 ? -u : u), 0);
}

/** ln(1 + exp(x)), which is -ln(sigmoid(-x)). */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
