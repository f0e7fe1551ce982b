/** A calibration of one subset of modalities, fitted on reviewers' answers. */
import type { Label, PackDecision, PlattScaling, RejectRule } from '../../domain.ts';
import type { SubsetCalibration } from '../../domain/review.ts';
import { dealFolds } from '../calibrators/cross-fit.ts';
import { columnOf } from '../calibrators/label-calibration.ts';
import { applyPlatt, fitPlatt } from '../calibrators/platt.ts';
import { at, type Matrix } from '../metrics/matrix.ts';
import { chooseThresholds } from '../metrics/presence.ts';
import { tTest } from '../metrics/t-test.ts';
import { randomStream } from '../random.ts';
import { doubtOf, greatestDoubt } from '../reject/doubt.ts';
import { riskThreshold } from '../reject/guarantee.ts';
import { PULL } from './pull.ts';
import { effectiveSize, type ReviewRow, type ReviewSample, weightsOf } from './sample.ts';

/** What is fitted, and how. */
export interface ReviewFitOptions {
  /** The pack's own: what has too few answers stays as it is here. */
  readonly decision: PackDecision;
  /** What is in force: what gains nothing stays as it is here. Default none. */
  readonly current?: SubsetCalibration | null;
  /** Decides the folds and what is thinned out. */
  readonly seed: number;
  /** At most this share of what is accepted is to be wrong. Default: what the pack's own rule promises, or 0.1. */
  readonly risk?: number;
  /** The promise may fail for this share of samples. Default 0.1. */
  readonly delta?: number;
}

/** Rows with a label, and rows without, from which on its threshold is set anew. */
const ENOUGH_FOR_A_THRESHOLD = 30;
/** Parts that persons are dealt into where rows are judged by what was fitted on others. */
const FOLDS = 5;
/** Of the gain of all labels together; one of C labels alone is held to a C-th of it (Bonferroni). */
const SIGNIFICANCE = 0.05;
const RISK = 0.1;
const DELTA = 0.1;

/** Why a rule was or was not found. */
export interface RuleOutcome {
  readonly risk: number;
  readonly delta: number;
  readonly found: boolean;
  /** Rows left when all are thinned to the least propensity, that some threshold accepts. */
  readonly rows: number;
  /** In words where `found` is false. */
  readonly why: string | null;
}

/** What was fitted. */
export interface FittedSubset {
  readonly calibration: SubsetCalibration;
  /** Labels that were calibrated anew. */
  readonly changed: readonly Label[];
  readonly rule: RuleOutcome;
}

/**
 * Lines by weighted Platt scaling on the pack's probabilities, weights 1 / propensity, scaled so that they sum to the
 * sample's effective size, and a pull to the identity (`PULL`). All labels take their new lines where these together gain
 * clearly on persons that they were not fitted on (`clearGain`), else those labels which do alone; with a new line, where answers are enough, the threshold of greatest weighted F1.
 * Then a reject rule by learn-then-test. That test counts errors of an even sample, so rows are thinned: each is kept with
 * the chance (least propensity) / (its own). Thresholds and rule are chosen on probabilities from lines that were fitted on
 * other persons.
 * @throws RangeError where there is no row.
 * @example fitSubset(sample, { decision: pack.decision, seed: 1 }).calibration.labels.fear;
 */
export function fitSubset(sample: ReviewSample, options: ReviewFitOptions): FittedSubset {
  const { labels, rows } = sample;
  const { decision, current = null } = options;
  const before = rows.map(({ probabilities }) => probabilities.map((p, k) => lineApplied(current, labels[k], p)));
  const anew = crossFitted(sample, options.seed);
  const all = labels.map((_, k) => k);
  const together = clearGain(rows, before, anew, all, SIGNIFICANCE);
  const gains = all.map((k) => together || clearGain(rows, before, anew, [k], SIGNIFICANCE / labels.length));
  const told = rows.map((_, i) => labels.map((_label, k) => (gains[k] ? anew : before)[i]?.[k] ?? NaN));
  const changed = labels.filter((_, k) => gains[k]);

  const standing = { ...decision.thresholds, ...current?.thresholds };
  const thresholds = { ...standing, ...thresholdsOf(sample, told, changed) };
  const { rule, outcome } = ruleOf(sample, told, { ...options, thresholds });
  const lines = linesOf(rows, labels);
  return {
    calibration: {
      labels: {
        ...current?.labels,
        ...Object.fromEntries(labels.flatMap((label, k) => (gains[k] ? [[label, lines[k]]] : []))),
      },
      thresholds: Object.fromEntries(labels.map((label) => [label, thresholds[label] ?? 0.5])),
      // an old rule's promise is of the old lines
      reject: rule ?? (changed.length === 0 ? (current?.reject ?? null) : null),
    },
    changed,
    rule: outcome,
  };
}

/** The probability as what is in force has it. */
function lineApplied(calibration: SubsetCalibration | null, label: Label | undefined, p: number): number {
  const line = label && calibration?.labels[label];
  return line === undefined ? p : applyPlatt(line, p);
}

/**
 * Whether `after` is nearer to what reviewers perceive than `before`: squared errors, weighed, summed by person, and a
 * paired t-test over persons; half of `significance` would gain by chance.
 */
function clearGain(
  rows: readonly ReviewRow[],
  before: Matrix,
  after: Matrix,
  columns: readonly number[],
  significance: number,
): boolean {
  const sums = new Map<string, number>();
  rows.forEach(({ person, present, propensity }, i) => {
    for (const k of columns) {
      const change = (at(after, i, k) - (present[k] ?? 0)) ** 2 - (at(before, i, k) - (present[k] ?? 0)) ** 2;
      sums.set(person, (sums.get(person) ?? 0) + change / propensity);
    }
  });
  if (sums.size < 2) return false;
  const changes = [...sums.values()];
  const { t, p } = tTest(
    changes,
    changes.map(() => 0),
    'paired',
  );
  return t < 0 && p <= significance;
}

/** By learn-then-test on the rows that are left when all are thinned to the least propensity. */
function ruleOf(
  { rows, labels, subset }: ReviewSample,
  probabilities: Matrix,
  { decision, thresholds, seed, delta = DELTA, ...options }: ReviewFitOptions & Pick<PackDecision, 'thresholds'>,
): { readonly rule: RejectRule | null; readonly outcome: RuleOutcome } {
  const own = decision.reject?.[subset];
  const risk = options.risk ?? own?.promise.risk ?? RISK;
  const score = own?.score ?? 'confidence';
  const least = Math.min(...rows.map(({ propensity }) => propensity));
  const random = randomStream(seed, 'thin', subset);
  const even = rows.map(({ propensity }) => random() < least / propensity);
  const clips = rows
    .map((row, i) => {
      const said = probabilities[i] ?? [];
      const first = said.indexOf(Math.max(...said));
      const label = labels[first];
      const possible = label !== undefined && (said[first] ?? 0) > (thresholds[label] ?? 0.5);
      const told = { ...row.prediction, probabilities: Object.fromEntries(labels.map((name, k) => [name, said[k]])) };
      return { doubt: possible ? doubtOf(score, told) : Infinity, wrong: isWrong(row, first) };
    })
    .filter((_, i) => even[i]);
  const doubted = { doubt: clips.map(({ doubt }) => doubt), wrong: clips.map(({ wrong }) => wrong) };
  const found = riskThreshold([doubted], { risk, delta, greatest: greatestDoubt(score, labels.length) });
  const outcome = { risk, delta, found: found.found, rows: doubted.doubt.filter((value) => value < Infinity).length };
  if (found.found) {
    const { threshold, accepted, wrong } = found;
    const told = `${clips.length} reviewed segments, drawn evenly`;
    const promise = { risk, delta, n: clips.length, accepted, wrong, clips: told };
    return { rule: { score, threshold, promise }, outcome: { ...outcome, why: null } };
  }
  const why =
    found.why === 'too-few'
      ? `${found.have} evenly drawn segments that could be accepted are too few: ${found.need} would do`
      : `no threshold is known to keep the risk; about ${found.least.toFixed(2)} could be promised`;
  return { rule: null, outcome: { ...outcome, why } };
}

/** Whether the label at `first` is none of those that most reviewers name. */
export function isWrong({ shares }: Pick<ReviewRow, 'shares'>, first: number): boolean {
  return (shares[first] ?? 0) < Math.max(...shares);
}

/**
 * Each row's probabilities by lines that were fitted on other persons' rows; with one person, by the identity.
 * @returns [rows][labels].
 */
function crossFitted({ rows, labels, subset }: ReviewSample, seed: number): number[][] {
  const folds = foldsOf(rows, seed, subset);
  const fitted = new Map(
    [...new Set(folds)].map((held) => [
      held,
      linesOf(
        rows.filter((_, i) => folds[i] !== held),
        labels,
      ),
    ]),
  );
  return rows.map(({ probabilities }, i) => {
    const lines = fitted.get(folds[i] ?? 0) ?? [];
    return probabilities.map((p, k) => {
      const line = lines[k];
      return line === undefined ? p : applyPlatt(line, p);
    });
  });
}

/** A fold for each row, a person's rows in one fold. */
export function foldsOf(rows: readonly Pick<ReviewRow, 'person'>[], seed: number, name: string): readonly number[] {
  return dealFolds(
    rows.map(({ person }) => person),
    FOLDS,
    randomStream(seed, 'review-folds', name),
  );
}

function linesOf(rows: readonly ReviewRow[], labels: readonly Label[]): readonly PlattScaling[] {
  const raw = weightsOf(rows);
  const scale = effectiveSize(raw) / raw.reduce((sum, w) => sum + w, 0);
  const weights = raw.map((w) => w * scale);
  const [probabilities, present] = [rows.map((row) => row.probabilities), rows.map((row) => row.present)];
  return labels.map((_, k) => fitPlatt(columnOf(probabilities, k), columnOf(present, k), { weights, pull: PULL }));
}

/** For those of the labels that were calibrated anew and have answers enough. */
function thresholdsOf(
  { labels, rows }: ReviewSample,
  probabilities: Matrix,
  changed: readonly Label[],
): PackDecision['thresholds'] {
  const present = rows.map((row) => row.present);
  const best = chooseThresholds(present, probabilities, weightsOf(rows));
  return Object.fromEntries(
    labels.flatMap((label, k) => {
      const positives = columnOf(present, k).reduce((sum, y) => sum + y, 0);
      const enough = Math.min(positives, rows.length - positives) >= ENOUGH_FOR_A_THRESHOLD;
      return enough && changed.includes(label) ? [[label, best[k] ?? 0.5]] : [];
    }),
  );
}
