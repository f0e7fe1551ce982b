/** Items and answers for tests of review. */
import type { Label, Modality, PerLabel, Verdict } from '../../../src/domain.ts';
import type { Annotation, ReviewCause, ReviewedItem } from '../../../src/domain/review.ts';

/** An answer. */
export function answer(
  reviewer: string,
  labels: readonly Label[] | 'cannot-tell',
  more: Partial<Annotation> = {},
): Annotation {
  const cannotTell = labels === 'cannot-tell';
  return {
    id: `${reviewer}-${more.item ?? 'i'}`,
    item: 'i',
    reviewer,
    atMs: 0,
    tookMs: 4000,
    informed: false,
    labels: cannotTell ? [] : labels,
    cannotTell,
    attributes: null,
    ...more,
  };
}

/** What is to be known of an item. */
export interface ItemFacts {
  readonly id: string;
  readonly room?: string;
  readonly participant?: string;
  readonly packProbabilities: PerLabel;
  readonly propensity?: number;
  readonly causes?: readonly ReviewCause[];
  readonly accepted?: boolean;
  readonly modalities?: readonly Modality[];
  readonly pack?: string;
}

/** An item with its answers. */
export function reviewedItem(facts: ItemFacts, annotations: readonly Annotation[]): ReviewedItem {
  const { id, room = 'lobby', participant = 'ada', packProbabilities, propensity = 1, accepted = false } = facts;
  const said = {
    startMs: 0,
    endMs: 3000,
    labels: [],
    probabilities: packProbabilities,
    shares: {},
    modalities: facts.modalities ?? (['face'] as const),
    missing: {},
    uncertainty: 1,
    pack: facts.pack ?? 'test@1',
    calibration: null,
  };
  const verdict: Verdict = accepted
    ? { ...said, status: 'accepted', reason: null }
    : { ...said, status: 'rejected', reason: 'low-confidence' };
  return {
    item: {
      id,
      room,
      participant,
      segment: `s-${id}`,
      createdMs: 0,
      causes: facts.causes ?? (accepted ? ['audit'] : ['rejected']),
      propensity,
      verdict,
      packProbabilities,
      clip: null,
      raters: annotations.length,
    },
    annotations,
  };
}
