/**
 * Emotional attributes: valence, arousal and dominance on one scale. 1 is pleasant, excited or in control, -1 is
 * unpleasant, calm or controlled; 0 is the middle of whatever scale raters used.
 */

/** The attributes, in the order of every list and every network's output. */
export const ATTRIBUTES = ['valence', 'arousal', 'dominance'] as const;

/** Valence (unpleasant to pleasant), arousal (calm to excited) or dominance (weak to strong). */
export type Attribute = (typeof ATTRIBUTES)[number];

/** Something for each attribute. */
export type PerAttribute<T> = Readonly<Record<Attribute, T>>;

/**
 * Bins of a soft label: [-1, 1] in seven equal parts, as many as paper 2 has (section IV.C, from its scale of 1 to 7).
 * Bin 0 is the lowest.
 */
export const BINS = 7;

/** Upper edge of a bin; the last one's is 1. */
function upperEdge(bin: number): number {
  return -1 + (2 * (bin + 1)) / BINS;
}

/** Middle of each bin, from -6/7 to 6/7. */
export const BIN_CENTRES: readonly number[] = Array.from({ length: BINS }, (_, bin) => upperEdge(bin) - 1 / BINS);

/**
 * How a normal distribution of scores falls into the bins. Raters have no scores beyond the ends of a scale: what lies
 * there is in the last bins.
 * @param mean any finite number.
 * @param sd standard deviation, above 0.
 * @returns `BINS` probabilities that sum to 1.
 * @example normalBins(0, 0.2)[3]; // 0.525: most of it in the middle
 */
export function normalBins(mean: number, sd: number): readonly number[] {
  const below = BIN_CENTRES.map((_, bin) => (bin === BINS - 1 ? 1 : normalCdf((upperEdge(bin) - mean) / sd)));
  return below.map((share, bin) => share - (below[bin - 1] ?? 0));
}

/** Probability that a standard normal number is below x, to 1e-15 (Marsaglia 2004, Evaluating the Normal Distribution). */
export function normalCdf(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x;
  let total = 0;
  for (let k = 3; total + term !== total; k += 2) {
    total += term;
    term *= (x * x) / k;
  }
  return 0.5 + total * Math.exp(-0.5 * x * x) * (1 / Math.sqrt(2 * Math.PI));
}
