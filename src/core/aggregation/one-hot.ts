import type { LabelDistribution } from './votes.ts';

/**
 * All of the distribution on one of `classes` labels.
 * @param index of the label, from 0.
 * @example oneHot(1, 3); // [0, 1, 0]
 */
export function oneHot(index: number, classes: number): LabelDistribution {
  return Array.from({ length: classes }, (_, k) => (k === index ? 1 : 0));
}
