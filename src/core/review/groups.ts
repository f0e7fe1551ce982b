/** Before and after by group: does a calibration help everybody, or some at the cost of others? */
import type { Label, ModalitySubset, PackDecision } from '../../domain.ts';
import type { SubsetCalibration } from '../../domain/review.ts';
import { randomStream } from '../random.ts';
import { type Change, compareLabels, compareTold, type Comparison, type ToldRow } from './comparison.ts';
import type { ReviewRow, ReviewSample } from './sample.ts';

/** One label: its line, its threshold, and how well it is calibrated. */
export interface LabelReport {
  readonly label: Label;
  /** Reviewed items in which the label is present. */
  readonly present: number;
  /** Whether it was calibrated anew; otherwise it stays as it was, for want of a clear gain. */
  readonly changed: boolean;
  /** sigmoid(a logit(p) + b) of the pack's probability p. */
  readonly a: number;
  readonly b: number;
  readonly thresholdBefore: number;
  readonly thresholdAfter: number;
  readonly ece: Change;
  readonly brier: Change;
}

/** Figures of the rows of one group. */
export interface GroupReport {
  readonly by: 'room' | 'role';
  readonly group: string;
  readonly items: number;
  readonly participants: number;
  readonly figures: Comparison;
}

/** The rows as they are told before and after, and how they are weighed and resampled. */
export interface Grouping {
  readonly before: readonly ToldRow[];
  readonly after: readonly ToldRow[];
  readonly weights: readonly number[];
  readonly resamples: number;
  readonly seed: number;
  readonly subset: ModalitySubset;
  readonly roleOf?: (room: string, participant: string) => string | undefined;
}

/** A report for each room and, where roles are known, for each role; most items first. */
export function groupReports(rows: readonly ReviewRow[], grouping: Grouping): readonly GroupReport[] {
  const { before, after, weights, resamples, seed, subset, roleOf } = grouping;
  const keys = {
    room: (row: ReviewRow) => row.room,
    role: (row: ReviewRow) => roleOf?.(row.room, row.participant),
  };
  return (['room', 'role'] as const).flatMap((by) => {
    const members = Map.groupBy(
      rows.map((_, i) => i).filter((i) => rowKey(i, by) !== undefined),
      (i) => rowKey(i, by) ?? '',
    );
    return [...members]
      .map(([group, own]): GroupReport => {
        const pick = <T>(list: readonly T[]): T[] => own.flatMap((i) => list[i] ?? []);
        const random = randomStream(seed, 'review-ci', subset, by, group);
        const figures = compareTold(pick(rows), pick(before), pick(after), {
          random,
          weights: pick(weights),
          resamples,
        });
        const participants = new Set(pick(rows).map(({ person }) => person)).size;
        return { by, group, items: own.length, participants, figures };
      })
      .sort((one, other) => other.items - one.items || (one.group < other.group ? -1 : 1));
  });

  function rowKey(i: number, by: 'room' | 'role'): string | undefined {
    const row = rows[i];
    return row && keys[by](row);
  }
}

/** What the labels come from. */
export interface Standing {
  readonly decision: PackDecision;
  readonly current: SubsetCalibration | null;
  readonly changed: readonly Label[];
}

/** What each label's calibration is, was, and does. */
export function labelReports(
  { rows, labels }: ReviewSample,
  calibration: SubsetCalibration,
  { before, after, weights, resamples, seed, subset, decision, current, changed }: Grouping & Standing,
): readonly LabelReport[] {
  const random = randomStream(seed, 'review-ci', subset, 'labels');
  return compareLabels(rows, labels, before, after, { random, weights, resamples }).map(({ label, ece, brier }, k) => ({
    label,
    present: rows.filter(({ present }) => present[k] === 1).length,
    changed: changed.includes(label),
    a: calibration.labels[label]?.a ?? 1,
    b: calibration.labels[label]?.b ?? 0,
    thresholdBefore: current?.thresholds[label] ?? decision.thresholds[label] ?? 0.5,
    thresholdAfter: calibration.thresholds[label] ?? 0.5,
    ece,
    brier,
  }));
}
