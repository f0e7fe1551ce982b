/** A figure a label, and their plain mean. */
export interface PerLabelMean {
  readonly mean: number;
  readonly perLabel: readonly number[];
}

/** A figure a label with its mean over labels. */
export function overLabels(perLabel: readonly number[]): PerLabelMean {
  return { mean: mean(perLabel), perLabel };
}

/** Plain mean of a list; NaN of an empty one. */
export function mean(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length;
}
