/**
 * The nouns of review: what people are asked, what they answer, and the calibration that follows. Types only.
 */
import type {
  Label,
  ModalitySubset,
  ParticipantRef,
  PerLabel,
  PlattScaling,
  RejectRule,
  Verdict,
  VideoFrame,
} from '../domain.ts';

/** Why a segment is asked about; each is drawn with a known chance. */
export type ReviewCause = 'rejected' | 'audit' | 'information';

/** A segment that has ended, as it is kept. */
export interface SegmentRecord extends ParticipantRef {
  readonly id: string;
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: Verdict['status'];
  readonly labels: readonly Label[];
  readonly reason: Verdict['reason'];
  /** Mean calibrated probability per label over its windows. */
  readonly probabilities: PerLabel;
  readonly windows: number;
  /** `name@version` of the pack, and the reviewers' calibration (null: none), at its end. */
  readonly pack: string;
  readonly calibration: string | null;
}

/** What was judged of one stretch of time, as it was taken in: what the clip shows. */
export interface Evidence {
  readonly startMs: number;
  readonly endMs: number;
  /** 16 kHz, mono, 16 bit, from `startMs` to `endMs`, silent where no sound came; null where none came at all. */
  readonly sound: Int16Array | null;
  /** The sampled pictures captured in [startMs, endMs), scaled down, oldest first. */
  readonly pictures: readonly VideoFrame[];
}

/** One window of a segment, put to reviewers with its evidence. The clip shows exactly what was judged. */
export interface ReviewItem extends ParticipantRef {
  readonly id: string;
  readonly segment: string;
  readonly createdMs: number;
  readonly causes: readonly ReviewCause[];
  /** The chance with which the segment was drawn, above 0: answers are weighed by its inverse. */
  readonly propensity: number;
  readonly verdict: Verdict;
  /** Probabilities by the pack alone, before any calibration by reviewers: what `recalibrate` fits on. */
  readonly packProbabilities: PerLabel;
  /** Name of the clip in the `ClipStore`, 64 hex digits; null where none is kept. */
  readonly clip: string | null;
  /** Answers wanted. */
  readonly raters: number;
}

/** A score of what a reviewer perceives, each on [-1, 1]. */
export interface PerceivedAttributes {
  readonly valence: number;
  readonly arousal: number;
}

/** What a reviewer says of an item. `labels` may name several; empty labels with `cannotTell` is an honest answer. */
export interface Answer {
  readonly labels: readonly Label[];
  /** Nothing can be said: too short, too noisy, nobody there. Such answers count for agreement on nothing and are no votes. */
  readonly cannotTell: boolean;
  readonly attributes: PerceivedAttributes | null;
}

/** An answer on record. */
export interface Annotation extends Answer {
  readonly id: string;
  readonly item: string;
  /** Subject of the reviewer's token. */
  readonly reviewer: string;
  readonly atMs: number;
  /** From being shown to being answered, ms, as the page measured. */
  readonly tookMs: number;
  /** The reviewer had seen the model's verdict by then: they took an earlier answer back, or read or exported the item. */
  readonly informed: boolean;
}

/** An item held for one reviewer until `expiresMs`; nobody else is given it meanwhile for the same place among its raters. */
export interface Reservation {
  readonly id: string;
  readonly item: string;
  readonly reviewer: string;
  readonly expiresMs: number;
}

/** An item with its answers: what the loop learns from. */
export interface ReviewedItem {
  readonly item: ReviewItem;
  readonly annotations: readonly Annotation[];
}

/** A calibration by reviewers' answers, on top of a pack's own: proposed, then approved, then perhaps rolled back. */
export interface ReviewCalibration {
  readonly id: string;
  readonly createdMs: number;
  /** `name@version` of the only pack that it may be used with. */
  readonly pack: string;
  /** By the modalities that were judged; what has no entry stays as the pack has it. */
  readonly subsets: Readonly<Partial<Record<ModalitySubset, SubsetCalibration>>>;
}

/** What reviewers' answers make of one subset of modalities. */
export interface SubsetCalibration {
  /** On the pack's probability of the label; invertible, so that nothing is lost by applying it. */
  readonly labels: Readonly<Partial<Record<Label, PlattScaling>>>;
  readonly thresholds: PerLabel;
  /** Null: the pack's own rule stays. */
  readonly reject: RejectRule | null;
}

/** Where a calibration stands. At most one of a pack is `active`. */
export type CalibrationStatus = 'proposed' | 'active' | 'retired' | 'dismissed';
