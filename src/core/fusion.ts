/**
 * Voice and face into one prediction, for packs whose networks are separate: a logarithmic opinion pool, each modality
 * weighted by its certainty. Multiplying opinions (adding logits) is the rule that is externally Bayesian; the certainty
 * weight keeps a modality that knows nothing from diluting one that does.
 */
import type { Label, Modality, Prediction } from '../domain.ts';
import type { Opinion } from './calibration.ts';
import { entropy, logit, sigmoid } from './probability.ts';

/** One opinion of each modality that was there. */
export type Opinions = Readonly<Partial<Record<Modality, Opinion>>>;

/** Weight of an opinion that says nothing, so that two of them still have a mean. */
const LEAST_CERTAINTY = 1e-3;

/**
 * 1 for all raters on one label, (nearly) 0 for a uniform distribution: 1 - H(shares) / ln C.
 */
export function certainty(opinion: Opinion): number {
  const shares = opinion.labels.map((label) => opinion.shares[label] ?? 0);
  return Math.max(LEAST_CERTAINTY, 1 - entropy(shares) / Math.log(shares.length));
}

/**
 * Pool what the modalities say. With one modality the result is that opinion, unchanged.
 *
 * - Probability of a label: the weighted mean of its logits over the modalities that know the label.
 * - Shares: a label that only one modality knows keeps the share which that modality gives it; within the rest, shares
 *   are the normalised weighted geometric mean. (A voice network without 'contempt' speaks of the distribution given
 *   that it is not contempt, and is believed about that only.)
 *
 * @returns null where no modality has an opinion.
 * @example pool({ voice: calibrate(v, pack.networks.voice), face: calibrate(f, pack.networks.face) })
 */
export function pool(opinions: Opinions): Prediction | null {
  const present = (['voice', 'face'] as const).flatMap((modality) => {
    const opinion = opinions[modality];
    return opinion === undefined ? [] : [{ modality, opinion, weight: certainty(opinion) }];
  });
  const [first] = present;
  if (first === undefined) return null;

  const labels = [...new Set(present.flatMap(({ opinion }) => opinion.labels))];
  const known = (label: Label) => present.filter(({ opinion }) => opinion.labels.includes(label));
  const common = labels.filter((label) => known(label).length === present.length);

  const probabilities: Partial<Record<Label, number>> = {};
  for (const label of labels)
    probabilities[label] = sigmoid(weightedMean(known(label), (opinion) => logit(opinion.probabilities[label] ?? 0)));

  const shares: Partial<Record<Label, number>> = {};
  let rest = 1;
  for (const label of labels)
    if (!common.includes(label)) {
      const share = weightedMean(known(label), (opinion) => opinion.shares[label] ?? 0);
      shares[label] = share;
      rest -= share;
    }
  const geometric = common.map((label) =>
    Math.exp(weightedMean(present, (opinion) => Math.log(Math.max(1e-12, opinion.shares[label] ?? 0)))),
  );
  const total = geometric.reduce((sum, x) => sum + x, 0);
  common.forEach((label, i) => (shares[label] = (rest * (geometric[i] ?? 0)) / total));

  return describeOpinion(
    { labels, shares, probabilities },
    present.map(({ modality }) => modality),
  );
}

/** The prediction that says what an opinion on `modalities` says. */
export function describeOpinion(
  { labels, shares, probabilities }: Opinion,
  modalities: readonly Modality[],
): Prediction {
  return { probabilities, shares, modalities, uncertainty: entropy(labels.map((label) => shares[label] ?? 0)) };
}

function weightedMean(
  weighted: readonly { readonly opinion: Opinion; readonly weight: number }[],
  value: (opinion: Opinion) => number,
): number {
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return weighted.reduce((sum, { opinion, weight }) => sum + (weight / total) * value(opinion), 0);
}
