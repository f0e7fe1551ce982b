/** An evaluation of scored clips: figures, cross-fitted where that is asked for, by group, and against another pack. */
import { acceptsRow } from '../../models/toolkit/score/opinion.ts';
import { crossFit } from '../core/calibrators/cross-fit.ts';
import { CALIBRATION_METHODS, type CalibrationMethod } from '../core/calibrators/label-calibration.ts';
import type { Clip, Stimulus } from '../core/manifest.ts';
import {
  type Evaluation,
  evaluate,
  evaluationTally,
  FIGURES,
  type Figure,
  type Scored,
} from '../core/metrics/evaluation.ts';
import { fairness, type FairnessFigures } from '../core/metrics/fairness.ts';
import { presentByShare } from '../core/metrics/presence.ts';
import { subsetTTest, type TTest } from '../core/metrics/t-test.ts';
import { reread } from '../core/metrics/tally.ts';
import { randomStream } from '../core/random.ts';
import type { Label, LabelCalibration, ModelPack, NetworkCalibration } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { groupOf, groupsOf } from './choose-clips.ts';
import type { ScoredCorpus } from './scoring.ts';

/** Subsets that two packs are compared over (paper 1). */
export const SUBSETS = 40;

/** One pack's answers in the form of metrics; the clips of the corpus in its order. */
export function scoredOf({ scored, labels }: ScoredCorpus, pack: ModelPack, index: number): Scored {
  const rows = scored.flatMap(({ rows }) => rows[index] ?? []);
  return {
    truth: scored.map(({ truth }) => truth),
    shares: rows.map(({ shares }) => shares),
    probabilities: rows.map(({ probabilities }) => probabilities),
    uncalibrated: rows.map(({ uncalibrated }) => uncalibrated),
    accepted: rows.map(({ accepted }) => accepted),
    thresholds: labels.map((label) => pack.decision.thresholds[label] ?? 0.5),
  };
}

/** How clips were calibrated by what was learned from others. */
export interface CrossFitting {
  /** What is held out together, for example `speaker`. */
  readonly key: string;
  readonly method: CalibrationMethod;
}

/**
 * The same clips, each calibrated by what was fitted on the clips of all other groups, and accepted accordingly.
 * @throws UndertoneError `corpus-invalid` for a clip without group, or fewer than two groups.
 */
export function crossFitted(
  given: Scored,
  { scored, labels, modality }: ScoredCorpus,
  pack: ModelPack,
  { key, method }: CrossFitting,
): Scored {
  const groups = groupsOf(
    scored.map(({ clip }) => clip),
    key,
    '--cross-fit',
  );
  if (new Set(groups).size < 2)
    throw new UndertoneError(
      'corpus-invalid',
      `all clips are of one ${key}, so there are no others to fit on: use a corpus with more, or leave out --cross-fit`,
    );
  const present = presentByShare(given.truth);
  const probabilities = crossFit(method, given.uncalibrated, present, groups, { labels, whenConstant: 'keep' });
  const accepted = probabilities.map(
    (row, i) =>
      acceptsRow(pack, modality, labels, { probabilities: row, shares: given.shares[i] ?? [] }) &&
      scored[i]?.rows[0]?.outOfDistribution !== true,
  );
  return { ...given, probabilities, accepted };
}

/** Calibrations that a pack applies to one stimulus; null where it pools what was calibrated before. */
export function calibrationOf({ networks, fusion }: ModelPack, stimulus: Stimulus): NetworkCalibration | null {
  const fused = fusion?.calibration[stimulus === 'av' ? 'both' : stimulus];
  return fused ?? (stimulus === 'av' ? null : networks[stimulus].calibration);
}

/**
 * By which method a pack is calibrated: that of most of its labels. A line without offset is a temperature, which is how
 * format 1 writes one.
 */
export function methodOf(calibration: NetworkCalibration): CalibrationMethod {
  const methods = Object.values(calibration).map(asMethod);
  const counts = CALIBRATION_METHODS.map((name) => methods.filter((method) => method === name).length);
  return CALIBRATION_METHODS[counts.indexOf(Math.max(...counts))] ?? 'temperature';
}

function asMethod(calibration: LabelCalibration): CalibrationMethod {
  return calibration.method === 'platt' && calibration.b === 0 ? 'temperature' : calibration.method;
}

/** How intervals are drawn. */
export interface IntervalOptions {
  readonly resamples: number;
  /** What is resampled together, for example `speaker`; undefined for clips. */
  readonly group: string | undefined;
}

/** Every figure with its interval. @throws UndertoneError `corpus-invalid` for a clip without the group. */
export function evaluation(scored: Scored, clips: readonly Clip[], { resamples, group }: IntervalOptions): Evaluation {
  return evaluate(scored, bootstrapOptions(clips, { resamples, group }));
}

/** What the bootstrap of an evaluation is given: the same clips give the same intervals. */
export function bootstrapOptions(clips: readonly Clip[], { resamples, group }: IntervalOptions) {
  const random = randomStream(1, 'evaluate', 'bootstrap');
  return { random, resamples, ...(group !== undefined && { groups: groupsOf(clips, group, '--group') }) };
}

/** How groups of people fare. */
export interface GroupFigures extends FairnessFigures {
  readonly attribute: string;
  /** Clips of which the group is not known; they are left out. */
  readonly unknown: number;
}

/**
 * Figures by group of shares under the 1/C rule (paper 5).
 * @param key `speaker`, `language`, or a key of `demographics`.
 * @throws UndertoneError `corpus-invalid` when no clip tells it.
 */
export function byGroup({ truth, shares }: Scored, clips: readonly Clip[], key: string): GroupFigures {
  const known = clips.flatMap((clip, i) => {
    const group = groupOf(clip, key);
    const [votes, said] = [truth[i], shares[i]];
    return group === null || !votes || !said ? [] : [{ group, votes, said }];
  });
  if (known.length === 0)
    throw new UndertoneError(
      'corpus-invalid',
      `no clip has a '${key}': give --by speaker, language, or a key of the corpus' demographics`,
    );
  const figures = fairness(
    presentByShare(known.map(({ votes }) => votes)),
    presentByShare(known.map(({ said }) => said)),
    known.map(({ group }) => group),
  );
  return { attribute: key, unknown: clips.length - known.length, ...figures };
}

/** A figure of two packs over the same subsets; null where a subset has no such figure. */
export type Comparison = Readonly<Record<Figure, TTest | null>>;

/**
 * Two-tailed paired t-test of every figure over 40 disjoint subsets (paper 1, section 4.3).
 * @throws UndertoneError `corpus-invalid` for fewer clips than subsets.
 */
export function comparison(first: Scored, second: Scored): Comparison {
  const clips = first.truth.length;
  if (clips < SUBSETS)
    throw new UndertoneError('corpus-invalid', `${clips} clips cannot be split into ${SUBSETS}: compare on more`);
  const [one, other] = [evaluationTally(first), evaluationTally(second)];
  const test = (name: Figure): TTest | null => {
    try {
      const random = randomStream(1, 'evaluate', 'subsets');
      const of = (tally: typeof one) => reread(tally, (figures) => figures[name]);
      return subsetTTest(of(one), of(other), { random, subsets: SUBSETS });
    } catch (error) {
      // A subset in which nothing is accepted has no figure of what is accepted.
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
  return Object.fromEntries(FIGURES.map((name) => [name, test(name)])) as Record<Figure, TTest | null>;
}

/** Calibrations of labels in their order; null where there is none. */
export function calibrationList(
  calibration: NetworkCalibration | null,
  labels: readonly Label[],
): (LabelCalibration | null)[] {
  return labels.map((label) => calibration?.[label] ?? null);
}
