/** What the answer to a window would teach about the calibration, and what all answers so far have. */
import type { Label, ModalitySubset, PerLabel } from '../../domain.ts';
import { logit } from '../probability.ts';
import { PULL } from './pull.ts';

/** Information about a label's line (a, b), as the upper triangle of a symmetric matrix. */
export interface LineInformation {
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
}

/** By the modalities that were judged and the label; what has no entry knows the prior alone. Plain data, to be kept. */
export type Information = Readonly<Partial<Record<ModalitySubset, Readonly<Partial<Record<Label, LineInformation>>>>>>;

/** Before the first answer. */
export const NOTHING_LEARNT: Information = {};

const PRIOR: LineInformation = { aa: PULL.a, ab: 0, bb: PULL.b };

/** A window as it was judged. */
export interface JudgedWindow {
  readonly subset: ModalitySubset;
  /** By the pack alone. */
  readonly packProbabilities: PerLabel;
  /** By pack and calibration in force: the best guess of what reviewers will say. */
  readonly probabilities: PerLabel;
}

/**
 * Leverage of a window: the share of what will be known of the calibration in its direction that its answer brings, 0 to 1.
 *
 * Of one label, let z be the logit of the pack's probability, x = (z, 1), and q = sigmoid(a z + b) the probability that
 * reviewers find the label present. The answer's log-likelihood y ln q + (1 - y) ln(1 - q) has the Fisher information
 * J = q (1 - q) x x'. With the information I that is there already (that of the prior and of all answers so far), the
 * answer is expected to shrink the entropy of (a, b), normal by Laplace, by
 * 1/2 ln(det(I + J) / det I) = 1/2 ln(1 + s) nats, s = q (1 - q) x' I^-1 x (Lindley 1956; MacKay 1992).
 * Labels are fitted one by one, so these gains add up to G = 1/2 sum over k of ln(1 + s_k), and the leverage is 1 - e^(-2G),
 * for one label s / (1 + s), as in regression. It falls as 1 / n where n alike windows have been answered.
 * @example leverage(information, { subset: 'face', packProbabilities, probabilities });
 */
export function leverage(information: Information, { subset, packProbabilities, probabilities }: JudgedWindow): number {
  const unknown = lines(packProbabilities).reduce((product, [label, p]) => {
    const { aa, ab, bb } = information[subset]?.[label] ?? PRIOR;
    const [z, weight] = [logit(p), weightOf(probabilities[label] ?? p)];
    const s = (weight * (bb * z * z - 2 * ab * z + aa)) / (aa * bb - ab * ab);
    return product / (1 + s);
  }, 1);
  return 1 - unknown;
}

/** The information once the window's answer is there; it does not depend on what the answer is. */
export function learn(
  information: Information,
  { subset, packProbabilities, probabilities }: JudgedWindow,
): Information {
  const known = information[subset];
  const next = lines(packProbabilities).map(([label, p]) => {
    const { aa, ab, bb } = known?.[label] ?? PRIOR;
    const [z, weight] = [logit(p), weightOf(probabilities[label] ?? p)];
    return [label, { aa: aa + weight * z * z, ab: ab + weight * z, bb: bb + weight }] as const;
  });
  return { ...information, [subset]: { ...known, ...Object.fromEntries(next) } };
}

/**
 * What two sets of windows teach that have none in common: the same as learning one after the other, in any order.
 * @example together(information, learntBefore);
 */
export function together(one: Information, other: Information): Information {
  const subsets = Object.entries(other) as [ModalitySubset, NonNullable<Information[ModalitySubset]>][];
  return subsets.reduce((sum, [subset, labels]) => {
    const known = one[subset];
    const added = (Object.entries(labels) as [Label, LineInformation][]).map(([label, { aa, ab, bb }]) => {
      const line = known?.[label] ?? PRIOR;
      // Both hold the prior: it counts once.
      const both = { aa: line.aa + (aa - PRIOR.aa), ab: line.ab + (ab - PRIOR.ab), bb: line.bb + (bb - PRIOR.bb) };
      return [label, both] as const;
    });
    return { ...sum, [subset]: { ...known, ...Object.fromEntries(added) } };
  }, one);
}

const lines = (probabilities: PerLabel) => Object.entries(probabilities) as [Label, number][];

const weightOf = (q: number): number => q * (1 - q);
