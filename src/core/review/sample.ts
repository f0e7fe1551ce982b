/** Reviewers' answers as rows to calibrate on: what the pack said of a window, what people perceive, and what it counts. */
import type { Label, Modality, ModalitySubset, Prediction } from '../../domain.ts';
import type { ReviewedItem } from '../../domain/review.ts';
import { LABELS } from '../labels.ts';
import { subsetOf } from './calibrated.ts';
import { type Perceived, perceived } from './distribution.ts';

/** One item whose answers tell something about what the pack said. */
export interface ReviewRow extends Perceived {
  readonly item: string;
  readonly room: string;
  /** Of all rooms: ids of participants are a room's own. */
  readonly person: string;
  readonly participant: string;
  /** What the pack said, before any calibration by reviewers. */
  readonly prediction: Prediction;
  /** The same probabilities in the sample's order of labels. */
  readonly probabilities: readonly number[];
  readonly propensity: number;
  /** Whether the audit draw took it: those rows are drawn evenly from all accepted segments. */
  readonly audited: boolean;
}

/** Rows of one subset of modalities. */
export interface ReviewSample {
  readonly subset: ModalitySubset;
  readonly modalities: readonly Modality[];
  /** Columns: the labels of which the pack spoke in every row. */
  readonly labels: readonly Label[];
  readonly rows: readonly ReviewRow[];
}

/** Samples by subset, and what could not be used. */
export interface Samples {
  /** Voice, face, both; those without a row are left out. */
  readonly samples: readonly ReviewSample[];
  /** Items of another pack. */
  readonly ofOtherPacks: number;
  /** Items in which the pack judged nothing: there is no probability to calibrate. */
  readonly unjudged: number;
  /** Items that no reviewer gave a vote that counts. */
  readonly withoutVotes: number;
}

/**
 * Rows of everything that was judged by `pack` and accepted, or rejected as `low-confidence`: what a calibration decides.
 * @param pack `name@version`.
 * @example samplesOf(await store.reviews.reviewed({ rooms: null, pack, limit: 1000 }), pack).samples;
 */
export function samplesOf(reviewed: readonly ReviewedItem[], pack: string): Samples {
  const own = reviewed.filter(({ item }) => item.verdict.pack === pack);
  const judged = own.filter(({ item: { verdict, packProbabilities } }) => {
    const decided = verdict.reason === null || verdict.reason === 'low-confidence';
    return decided && verdict.modalities.length > 0 && Object.keys(packProbabilities).length > 0;
  });
  const samples = (['voice', 'face', 'both'] as const).map((subset): ReviewSample => {
    const items = judged.filter(({ item }) => subsetOf(item.verdict.modalities) === subset);
    const labels = LABELS.filter((label) => items.every(({ item }) => item.packProbabilities[label] !== undefined));
    const rows = items.flatMap((each) => rowOf(each, labels) ?? []);
    return { subset, modalities: subset === 'both' ? ['voice', 'face'] : [subset], labels, rows };
  });
  const used = samples.reduce((sum, { rows }) => sum + rows.length, 0);
  return {
    samples: samples.filter(({ rows }) => rows.length > 0),
    ofOtherPacks: reviewed.length - own.length,
    unjudged: own.length - judged.length,
    withoutVotes: judged.length - used,
  };
}

/** Inverse propensities, so that the rows stand for all segments that could have been asked about. */
export function weightsOf(rows: readonly Pick<ReviewRow, 'propensity'>[]): number[] {
  return rows.map(({ propensity }) => 1 / propensity);
}

/**
 * As many rows of equal weight as these unequal weights are worth: (sum w)^2 / sum w^2 (Kish 1965).
 * @returns 0 for no rows.
 */
export function effectiveSize(weights: readonly number[]): number {
  const sum = weights.reduce((total, w) => total + w, 0);
  const squares = weights.reduce((total, w) => total + w * w, 0);
  return squares === 0 ? 0 : sum ** 2 / squares;
}

function rowOf({ item, annotations }: ReviewedItem, labels: readonly Label[]): ReviewRow | null {
  const told = labels.length < 2 ? null : perceived(annotations, labels);
  if (told === null) return null;
  const { verdict, packProbabilities } = item;
  return {
    ...told,
    item: item.id,
    room: item.room,
    participant: item.participant,
    person: `${item.room}/${item.participant}`,
    prediction: {
      probabilities: packProbabilities,
      shares: verdict.shares,
      modalities: verdict.modalities,
      uncertainty: verdict.uncertainty ?? 0,
    },
    probabilities: labels.map((label) => packProbabilities[label] ?? NaN),
    propensity: item.propensity,
    audited: item.causes.includes('audit'),
  };
}
