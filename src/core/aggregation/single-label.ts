import type { Label } from '../../domain.ts';
import type { LabelDistribution } from './votes.ts';

/**
 * Where the highest numbers stand, lowest index first: more than one where they tie, none where all are 0.
 * @param values counts or shares, none negative.
 * @example leaders([2, 0, 2]); // [0, 2]
 */
export function leaders(values: readonly number[]): readonly number[] {
  const most = Math.max(...values);
  return most > 0 ? values.flatMap((value, k) => (value === most ? [k] : [])) : [];
}

/**
 * The one label that a distribution stands for: its highest, null where labels tie for it. To score a prediction where
 * any of the tied is right, use `leaders`.
 *
 * Source: paper 3, section 2.1 (single-label).
 * @param labels the distribution's, in its order.
 * @example singleLabel([0.2, 0.4, 0.4], ['neutral', 'anger', 'sadness']); // null
 */
export function singleLabel(distribution: LabelDistribution, labels: readonly Label[]): Label | null {
  const [first, tied] = leaders(distribution);
  return first === undefined || tied !== undefined ? null : (labels[first] ?? null);
}
