/** What a network with two heads is trained to minimise: a loss of its shares and a loss of its presences. */
import { classWeights, positiveClips } from '../../src/core/aggregation/class-weights.ts';
import { cooccurrence, penaltyMatrix, penaltyWeights } from '../../src/core/aggregation/co-occurrence.ts';
import type { Label } from '../../src/domain.ts';
import { add, mul } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import type { Heads } from './heads.ts';
import { bce, classBalancedBce, klDivergence, mixture, softCrossEntropy } from './losses.ts';

/** Which losses, and how they are mixed. Factors are 1 where nothing is said. */
export interface Objective {
  /** Loss of the shares (papers 3 and 5); `none` trains the presence head alone. */
  readonly share: 'soft-cross-entropy' | 'class-balanced' | 'kl' | 'none';
  readonly shareWeight: number;
  /** Loss of the presences: paper 1's Eq. 1, 2, 4 and 5. */
  readonly presence: 'bce' | 'class-balanced' | 'co-occurrence' | 'class-balanced co-occurrence' | 'none';
  readonly presenceWeight: number;
  /** Part of the co-occurrence penalty, 0 .. 1. */
  readonly alpha: number;
  /** Of the effective number of clips, 0 .. 1. */
  readonly beta: number;
}

/** What a batch is to be: rows of the same clips as the logits. */
export interface Targets {
  /** [n, labels], rows sum to 1. */
  readonly shares: Value;
  /** 0 or 1, [n, labels]. */
  readonly present: Value;
  /** [n, 1]. */
  readonly weights: Value;
}

/**
 * The loss of one pair of heads.
 * @param trainPresent the multi-hot labels of all clips that are learned from: class weights and penalties come from them.
 * @throws UndertoneError `corpus-invalid` when a label is never positive in training and the loss needs its count.
 */
export function objectiveLoss(
  { shareLogits, presenceLogits }: Heads,
  { shares, present, weights }: Targets,
  objective: Objective,
  { trainPresent, labels }: { readonly trainPresent: readonly ArrayLike<number>[]; readonly labels: readonly Label[] },
): Value {
  const { graph } = shareLogits;
  const row = (values: readonly number[]): Value => graph.constant(Float32Array.from(values), [values.length]);
  const balanced = (): readonly number[] =>
    classWeights(positiveClips(trainPresent), labels, { beta: objective.beta, meanOne: true });
  const penalties = (): readonly number[] =>
    penaltyWeights(penaltyMatrix(cooccurrence(trainPresent, labels.length), labels));

  const shareLoss = {
    none: () => null,
    kl: () => klDivergence(shareLogits, shares, weights),
    'soft-cross-entropy': () => softCrossEntropy(shareLogits, shares, weights),
    'class-balanced': () => softCrossEntropy(shareLogits, mul(shares, row(balanced())), weights),
  }[objective.share]();
  const plain = (): Value => bce(presenceLogits, present, weights);
  const weighted = (factors: readonly number[]): Value =>
    classBalancedBce(presenceLogits, present, row(factors), weights);
  const presenceLoss = {
    none: () => null,
    bce: plain,
    'class-balanced': () => weighted(balanced()),
    'co-occurrence': () => mixture(plain(), weighted(penalties()), objective.alpha),
    'class-balanced co-occurrence': () => {
      const factors = balanced();
      const both = penalties().map((penalty, k) => penalty * (factors[k] ?? 1));
      return mixture(weighted(factors), weighted(both), objective.alpha);
    },
  }[objective.presence]();

  const terms = [
    ...(shareLoss ? [mul(shareLoss, objective.shareWeight)] : []),
    ...(presenceLoss ? [mul(presenceLoss, objective.presenceWeight)] : []),
  ];
  const [first, ...rest] = terms;
  if (!first) throw new RangeError("an objective with neither 'share' nor 'presence' has nothing to minimise");
  return rest.reduce(add, first);
}
