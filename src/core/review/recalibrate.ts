/**
 * The loop closes: from reviewers' answers to a calibration that is proposed, with what it would change, or to a refusal
 * that names what is missing.
 */
import type { ModalitySubset, PackDecision } from '../../domain.ts';
import type { ReviewCalibration, ReviewedItem, SubsetCalibration } from '../../domain/review.ts';
import { randomStream } from '../random.ts';
import { compareTold, LEAST_PERSONS, type Comparison, type ToldRow, toldUnder } from './comparison.ts';
import { fitSubset, foldsOf, type ReviewFitOptions, type RuleOutcome } from './fit.ts';
import { groupReports, type GroupReport, type LabelReport, labelReports } from './groups.ts';
import { effectiveSize, type ReviewSample, samplesOf, weightsOf } from './sample.ts';

/**
 * Why a subset of modalities is left as it is. `no-gain`: no label is clearly better calibrated anew, and no reject rule can
 * be promised. `worse`: significantly, on the audit share or on all answers weighed.
 */
export type RefusalReason = 'too-few-answers' | 'too-few-participants' | 'too-few-audited' | 'no-gain' | 'worse';

/** The least that is calibrated on. */
export const LEAST = {
  /** Items with votes: below, the pull to the identity is most of what would be fitted. */
  answers: 60,
  /** So that each can be judged by what was fitted on others, and intervals tell of new ones. */
  participants: LEAST_PERSONS,
  /** Accepted segments that were drawn whatever they said. */
  audited: 20,
} as const;

/** A refusal: what is missing and the least that would do, or what would get worse. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly have: number | null;
  readonly need: number | null;
  /** A sentence. */
  readonly why: string;
}

/** What became of one subset of modalities. Plain data. */
export interface SubsetReport {
  readonly subset: ModalitySubset;
  readonly items: number;
  readonly participants: number;
  /** As many evenly drawn items as these are worth. */
  readonly effectiveItems: number;
  readonly audited: number;
  /** Null: it is part of the proposal. */
  readonly refusal: Refusal | null;
  /** All answers, weighed by inverse propensity: what holds of every segment. Cross-fitted. Null where nothing was fitted. */
  readonly all: Comparison | null;
  /** The audit share alone: accepted segments as they are. */
  readonly audit: Comparison | null;
  readonly labels: readonly LabelReport[];
  readonly groups: readonly GroupReport[];
  readonly rule: RuleOutcome | null;
}

/** What was found. Plain data, as the store keeps it. */
export interface RecalibrationReport {
  readonly pack: string;
  /** The calibration that `before` stands for; null: the pack alone. */
  readonly current: string | null;
  readonly seed: number;
  readonly items: { readonly used: number } & Readonly<Record<'unjudged' | 'ofOtherPacks' | 'withoutVotes', number>>;
  readonly subsets: readonly SubsetReport[];
  /** Where no subset can be calibrated: the refusal of the one with most answers. */
  readonly refusal: Refusal | null;
}

/** What is asked for. */
export interface RecalibrateOptions extends Pick<ReviewFitOptions, 'risk' | 'delta' | 'seed'> {
  /** Of the new calibration. */
  readonly id: string;
  readonly createdMs: number;
  /** `name@version`. */
  readonly pack: string;
  readonly decision: PackDecision;
  /** The calibration in force, which `before` stands for. Default none. */
  readonly current?: ReviewCalibration | null;
  /** Part that somebody has in a room, where it is known: groups by role are then told too. */
  readonly roleOf?: (room: string, participant: string) => string | undefined;
  /** Of the bootstrap. Default 1000. */
  readonly resamples?: number;
}

/** The proposal, null where nothing is proposed, and the report in either case. */
export interface Recalibration {
  readonly calibration: ReviewCalibration | null;
  readonly report: RecalibrationReport;
}

/**
 * Fit each subset of modalities on its answers (`fitSubset`), and judge the outcome on persons that it was not fitted on. A
 * subset is left as it is in force now where answers, participants or audited segments are fewer than `LEAST`, or where it
 * would get worse: the 95 % interval of after - before lies above 0 for the calibration error, or for the risk of what is
 * accepted where that is not within a promise, on the audit share or on all answers weighed. The same answers and seed give
 * the same proposal.
 * @example
 * const { calibration, report } = recalibrate(reviewed, { id, createdMs, pack: 'default@1.1.7', decision, seed: 1 });
 */
export function recalibrate(reviewed: readonly ReviewedItem[], options: RecalibrateOptions): Recalibration {
  const { id, createdMs, pack, current = null, seed } = options;
  const { samples, ...unused } = samplesOf(reviewed, pack);
  const outcomes = samples.map((sample) => {
    const before = current?.pack === pack ? (current.subsets[sample.subset] ?? null) : null;
    return judgeSubset(sample, before, options);
  });
  const proposed = outcomes.flatMap(({ report, fitted }) =>
    fitted === null ? [] : [[report.subset, fitted] as const],
  );
  const kept = current?.pack === pack ? current.subsets : {};
  const reports = outcomes.map(({ report }) => report);
  const largest = reports.toSorted((one, other) => other.items - one.items)[0];
  return {
    calibration:
      proposed.length === 0 ? null : { id, createdMs, pack, subsets: { ...kept, ...Object.fromEntries(proposed) } },
    report: {
      pack,
      current: current?.pack === pack ? current.id : null,
      seed,
      items: { used: samples.reduce((sum, { rows }) => sum + rows.length, 0), ...unused },
      subsets: reports,
      refusal: proposed.length > 0 ? null : (largest?.refusal ?? tooFew('answers', 0, 'no subset of modalities')),
    },
  };
}

interface Outcome {
  readonly report: SubsetReport;
  readonly fitted: SubsetCalibration | null;
}

function judgeSubset(
  sample: ReviewSample,
  current: SubsetCalibration | null,
  { decision, seed, resamples = 1000, ...options }: RecalibrateOptions,
): Outcome {
  const { subset, rows, labels } = sample;
  const participants = new Set(rows.map(({ person }) => person)).size;
  const audited = rows.filter((row) => row.audited).length;
  const weights = weightsOf(rows);
  const facts = {
    subset,
    items: rows.length,
    participants,
    effectiveItems: effectiveSize(weights),
    audited,
  };
  const lacking =
    (rows.length < LEAST.answers && tooFew('answers', rows.length, subset)) ||
    (participants < LEAST.participants && tooFew('participants', participants, subset)) ||
    (audited < LEAST.audited && tooFew('audited', audited, subset));
  if (lacking)
    return {
      report: { ...facts, refusal: lacking, all: null, audit: null, labels: [], groups: [], rule: null },
      fitted: null,
    };

  const fitting: ReviewFitOptions = {
    decision,
    current,
    seed,
    ...(options.risk !== undefined && { risk: options.risk }),
    ...(options.delta !== undefined && { delta: options.delta }),
  };
  const before = rows.map((row) => toldUnder(row, labels, decision, current));
  const after = crossFittedTold(sample, fitting);
  const comparing = (name: string) => ({ random: randomStream(seed, 'review-ci', subset, name), resamples });
  const all = compareTold(rows, before, after, { ...comparing('all'), weights });
  const kept = rows.flatMap((row, i) => (row.audited ? [i] : []));
  const pick = <T>(list: readonly T[]): T[] => kept.flatMap((i) => list[i] ?? []);
  const audit = compareTold(pick(rows), pick(before), pick(after), {
    ...comparing('audit'),
    weights: kept.map(() => 1),
  });
  const { calibration, rule, changed } = fitSubset(sample, fitting);
  const promised = rule.found ? rule.risk : 0;
  const refusal =
    changed.length === 0 && !rule.found
      ? noGain(subset, rule)
      : worse(subset, { 'the audit share': audit, 'all answers, weighed': all }, promised);
  const grouping = {
    before,
    after,
    weights,
    resamples,
    seed,
    subset,
    ...(options.roleOf && { roleOf: options.roleOf }),
  };
  return {
    report: {
      ...facts,
      refusal,
      all,
      audit,
      labels: labelReports(sample, calibration, { ...grouping, decision, current, changed }),
      groups: groupReports(rows, grouping),
      rule,
    },
    fitted: refusal === null ? calibration : null,
  };
}

/** Each row as it would be told by what was fitted on other persons alone: lines, thresholds and rule. */
function crossFittedTold(sample: ReviewSample, fitting: ReviewFitOptions): readonly ToldRow[] {
  const { rows, labels, subset } = sample;
  const folds = foldsOf(rows, fitting.seed, `${subset} told`);
  const fitted = new Map(
    [...new Set(folds)].map((held) => {
      const others = { ...sample, rows: rows.filter((_, i) => folds[i] !== held) };
      return [held, fitSubset(others, fitting).calibration];
    }),
  );
  return rows.map((row, i) => toldUnder(row, labels, fitting.decision, fitted.get(folds[i] ?? 0) ?? null));
}

/** @param promised a risk up to this is what the rule promises, and no reason to refuse. */
function worse(subset: string, compared: Readonly<Record<string, Comparison>>, promised: number): Refusal | null {
  for (const [where, comparison] of Object.entries(compared))
    for (const figure of ['risk', 'ece'] as const) {
      const { before, after, difference } = comparison[figure];
      if (difference === null || !(difference[0] > 0)) continue;
      if (figure === 'risk' && (after ?? 1) <= promised) continue;
      const what = figure === 'risk' ? 'the risk of what is accepted' : 'the calibration error';
      const [from, to] = [before, after].map((x) => (x ?? NaN).toFixed(3));
      return {
        reason: 'worse',
        have: null,
        need: null,
        why: `${subset}: on ${where}, ${what} would rise from ${from} to ${to}: the answers may not agree with one another, or participants differ too much`,
      };
    }
  return null;
}

function noGain(subset: string, { why }: RuleOutcome): Refusal {
  return {
    reason: 'no-gain',
    have: null,
    need: null,
    why: `${subset}: no label is clearly better calibrated anew, and no reject rule can be promised (${why ?? ''}): it stays as it is`,
  };
}

function tooFew(what: keyof typeof LEAST, have: number, subset: string): Refusal {
  const need = LEAST[what];
  const words = {
    answers: 'reviewed segments with votes',
    participants: 'participants among the reviewed segments',
    audited: 'accepted segments of the audit share with votes',
  }[what];
  return {
    reason: `too-few-${what}`,
    have,
    need,
    why: `${subset}: ${have} ${words}, and ${need} is the least number that would do`,
  };
}
