/** The few formulas of probability that several files need. Natural logarithms throughout. */

/** Closest a probability may come to 0 or 1 before its logit is taken. */
const EPSILON = 1e-6;

/** exp(x) normalised to sum 1; computed from the largest so that it cannot overflow. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const top = Math.max(...values);
  const powers = values.map((x) => Math.exp(x - top));
  const total = powers.reduce((sum, x) => sum + x, 0);
  return powers.map((x) => x / total);
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** ln(p / (1 - p)), with p held within 1e-6 of 0 and 1. */
export function logit(p: number): number {
  const q = Math.min(1 - EPSILON, Math.max(EPSILON, p));
  return Math.log(q / (1 - q));
}

/** Shannon entropy in nats; 0 ln 0 is 0. */
export function entropy(distribution: readonly number[]): number {
  return distribution.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

/**
 * Log-odds of each share of `softmax(logits)`: what a presence head says where the share itself is taken for the presence.
 * @example sigmoid(shareLogOdds([0, 0, 0])[1]); // 1 / 3
 */
export function shareLogOdds(logits: ArrayLike<number>): Float32Array {
  return Float32Array.from(softmax(logits), logit);
}
