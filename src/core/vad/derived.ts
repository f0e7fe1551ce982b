/** Derived attributes of a clip: what its raters, by their votes for emotions, would have scored. */
import type { Label } from '../../domain.ts';
import { type Attribute, ATTRIBUTES, normalBins, type PerAttribute } from './attributes.ts';
import table from './derived-attributes.json' with { type: 'json' };
import type { EmotionAttributes } from './emotion-attributes.ts';

/** The scores of each emotion as this product derives them; `node scripts/run.mjs scripts/derive-attributes.ts` writes them. */
export const DERIVED_ATTRIBUTES: EmotionAttributes = table.emotions;

/** A derived label of one attribute. */
export interface DerivedLabel {
  /** Soft label: the share of raters in each of the 7 bins of [-1, 1]; sums to 1. */
  readonly bins: readonly number[];
  /** The mean over raters, on [-1, 1]. */
  readonly consensus: number;
}

/**
 * Each rater's score is spread as those of all who vote as he did; the soft label is the mean of these distributions over
 * raters, the consensus the mean of their means (paper 2, section III.A, with derived scores instead of given ones).
 * @param shares of raters by label, summing to 1.
 * @param labels those of `shares`.
 * @example derivedLabels([0.5, 0.5], ['neutral', 'happiness']).valence.consensus; // 0.29
 */
export function derivedLabels(
  shares: readonly number[],
  labels: readonly Label[],
  attributes: EmotionAttributes = DERIVED_ATTRIBUTES,
): PerAttribute<DerivedLabel> {
  const [valence, arousal, dominance] = ATTRIBUTES.map((attribute) => derived(shares, labels, attributes, attribute));
  if (!valence || !arousal || !dominance) throw new RangeError('there are three attributes');
  return { valence, arousal, dominance };
}

function derived(
  shares: readonly number[],
  labels: readonly Label[],
  attributes: EmotionAttributes,
  attribute: Attribute,
): DerivedLabel {
  const bins = normalBins(0, 1).map(() => 0);
  let consensus = 0;
  labels.forEach((label, k) => {
    const share = shares[k] ?? 0;
    if (share === 0) return;
    const { mean, sd } = attributes[label][attribute];
    consensus += share * mean;
    normalBins(mean, sd).forEach((part, bin) => {
      bins[bin] = (bins[bin] ?? 0) + share * part;
    });
  });
  return { bins, consensus };
}
