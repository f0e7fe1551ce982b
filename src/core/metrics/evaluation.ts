/** The row of figures that `undertone evaluate` prints of one pack on one corpus. */
import { bootstrap, type BootstrapOptions, type Interval } from './bootstrap.ts';
import { brierTally } from './brier.ts';
import { divergenceTally } from './divergences.ts';
import { eceTally } from './ece.ts';
import { f1Tally } from './f1.ts';
import { checkDistributions, checkLength, checkPair, type Matrix } from './matrix.ts';
import { presentByShare, presentByThreshold } from './presence.ts';
import { join, meanTally, only, reread, total, type Tally } from './tally.ts';
import { misses, topTally, type TieOptions } from './top1.ts';

/** What a pack said of each clip, and what raters did. */
export interface Scored {
  /** Shares of raters [clips][C]; each row sums to 1. */
  readonly truth: Matrix;
  /** Predicted shares [clips][C]; each row sums to 1. */
  readonly shares: Matrix;
  /** Calibrated probabilities of presence [clips][C]. */
  readonly probabilities: Matrix;
  /** The same before calibration. */
  readonly uncalibrated: Matrix;
  /** Whether the pack's decision rule accepts the clip. */
  readonly accepted: readonly boolean[];
  /** The pack's thresholds of probability [C]. */
  readonly thresholds: readonly number[];
}

/** The scalar figures, in the order in which `evaluate` prints them. */
export const FIGURES = [
  'top1',
  'uar',
  'macroF1',
  'microF1',
  'weightedF1',
  'macroF1Presence',
  'ece',
  'eceUncalibrated',
  'brier',
  'kld',
  'jsd',
  'coverage',
  'acceptedRisk',
  'acceptedMacroF1',
] as const;

/** One of `FIGURES`. */
export type Figure = (typeof FIGURES)[number];

/** Figures of one label. */
export interface LabelFigures {
  /** Of shares under the 1/C rule. */
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  /** Clips in which the label is present. */
  readonly support: number;
  /** Of calibrated probabilities at `threshold`. */
  readonly presenceF1: number;
  readonly ece: number;
  readonly eceUncalibrated: number;
  /** Plain mean over clips. */
  readonly brier: number;
  readonly threshold: number;
}

/** All figures; those of accepted clips are null where none is accepted. */
export type Evaluation = Readonly<Record<Figure, number | null>> & {
  /** Clips. */
  readonly n: number;
  /** [C], in the labels' order. */
  readonly perLabel: readonly LabelFigures[];
  /** 95 % bootstrap intervals, over the resamples in which the figure exists. */
  readonly ci: Readonly<Record<Figure, Interval | null>>;
};

/** How an evaluation is made: the bootstrap's options, and what ties of raters mean for `top1` and `uar`. */
export type EvaluationOptions = BootstrapOptions & TieOptions;

/**
 * Every figure of a pack on a corpus, with intervals (papers 1, 3 and 5).
 *
 * - `top1` and `uar` of shares; a tie of raters goes to the first in label order unless `ties` says otherwise.
 * - `macroF1`, `microF1`, `weightedF1` and `acceptedMacroF1` of shares under the 1/C rule; `macroF1Presence` of calibrated
 *   probabilities at the pack's thresholds.
 * - `ece`, `eceUncalibrated` (15 bins, per label, then the mean) and `brier` (plain mean) of probabilities against presence,
 *   which is a truth share over 1/C.
 * - `kld` (of the shares from the truth) and `jsd` in nats.
 * - `coverage`: share of clips accepted. `acceptedRisk`: share of the accepted whose most probable label, by calibrated
 *   probability, is not the raters' first; here a tie of raters always counts for any of the tied.
 *
 * @throws RangeError naming row and column when a matrix is empty, ragged, unlike the truth, out of [0, 1] or, where it
 * holds shares, has a row that does not sum to 1; or when a list has not an entry a clip (label, for thresholds).
 * @example const { macroF1, ci } = evaluate(scored, { random: randomStream(1, 'evaluate'), groups: speakers });
 */
export function evaluate(scored: Scored, options: EvaluationOptions): Evaluation {
  const parts = tallyOf(scored, options);
  const all = total(parts);
  const ci = bootstrap(reread(parts, figures), options);
  const byName = figures(all);
  return {
    ...(Object.fromEntries(FIGURES.map((name) => [name, numberOrNull(byName[name])])) as Record<Figure, number | null>),
    n: scored.truth.length,
    perLabel: scored.thresholds.map((threshold, k) => labelFigures(all, k, threshold)),
    ci,
  };
}

/**
 * The scalar figures as a tally, for what asks for figures of other clips than all (`subsetTTest`).
 * @throws RangeError as `evaluate`.
 * @example const top1 = reread(evaluationTally(scored), (figures) => figures.top1);
 */
export function evaluationTally(scored: Scored, options: TieOptions = {}): Tally<Readonly<Record<Figure, number>>> {
  return reread(tallyOf(scored, options), figures);
}

type Parts = ReturnType<typeof tallyOf> extends Tally<infer All> ? All : never;

function tallyOf(scored: Scored, options: TieOptions) {
  const { truth, shares, probabilities, uncalibrated, accepted, thresholds } = scored;
  checkDistributions('truth', truth);
  checkPair(truth, probabilities, ['truth', 'probabilities']);
  checkPair(truth, uncalibrated, ['truth', 'uncalibrated']);
  checkLength('accepted', accepted, truth.length);
  const present = presentByShare(truth);
  const byShare = f1Tally(present, presentByShare(shares));
  const wrong = misses(truth, probabilities, { ties: 'any' }).map(Number);
  return join({
    divergences: divergenceTally(truth, shares),
    top: topTally(truth, shares, options),
    f1: byShare,
    presenceF1: f1Tally(present, presentByThreshold(probabilities, thresholds)),
    ece: eceTally(present, probabilities),
    eceUncalibrated: eceTally(present, uncalibrated),
    brier: brierTally(present, probabilities),
    coverage: meanTally(accepted.map(Number)),
    acceptedRisk: only(meanTally(wrong), accepted),
    acceptedF1: only(byShare, accepted),
  });
}

function figures(all: Parts): Record<Figure, number> {
  return {
    top1: all.top.top1,
    uar: all.top.uar,
    macroF1: all.f1.macro,
    microF1: all.f1.micro,
    weightedF1: all.f1.weighted,
    macroF1Presence: all.presenceF1.macro,
    ece: all.ece.mean,
    eceUncalibrated: all.eceUncalibrated.mean,
    brier: all.brier.mean,
    kld: all.divergences.kld,
    jsd: all.divergences.jsd,
    coverage: all.coverage,
    acceptedRisk: all.acceptedRisk,
    // 0 by the rule of division by zero, yet there is nothing that it would be the F1 of
    acceptedMacroF1: all.coverage === 0 ? NaN : all.acceptedF1.macro,
  };
}

function labelFigures(all: Parts, k: number, threshold: number): LabelFigures {
  const { f1 = NaN, precision = NaN, recall = NaN, support = NaN } = all.f1.perLabel[k] ?? {};
  return {
    f1,
    precision,
    recall,
    support,
    presenceF1: all.presenceF1.perLabel[k]?.f1 ?? NaN,
    ece: all.ece.perLabel[k] ?? NaN,
    eceUncalibrated: all.eceUncalibrated.perLabel[k] ?? NaN,
    brier: all.brier.perLabel[k] ?? NaN,
    threshold,
  };
}

function numberOrNull(x: number): number | null {
  return Number.isNaN(x) ? null : x;
}
