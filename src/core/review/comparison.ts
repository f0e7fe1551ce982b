/** How well a pack does on what people perceive, before a calibration by reviewers and after. */
import type { Label, PackDecision, Prediction } from '../../domain.ts';
import type { ReviewCalibration, SubsetCalibration } from '../../domain/review.ts';
import { believed } from '../decision.ts';
import { bootstrap, type Interval } from '../metrics/bootstrap.ts';
import { brierTally } from '../metrics/brier.ts';
import { eceTally } from '../metrics/ece.ts';
import { f1Tally } from '../metrics/f1.ts';
import { join, meanTally, only, reread, scaled, type Tally, total } from '../metrics/tally.ts';
import type { Random } from '../random.ts';
import { aurcTally } from '../reject/aurc.ts';
import { doubtOf } from '../reject/doubt.ts';
import { decisionUnder, underCalibration } from './calibrated.ts';
import { isWrong } from './fit.ts';
import type { ReviewRow } from './sample.ts';

/** The figures that are compared. Of all but `macroF1` and `coverage` less is better. */
export const REVIEW_FIGURES = ['ece', 'brier', 'macroF1', 'coverage', 'risk', 'aurc'] as const;

/**
 * - `ece`: expected calibration error of the probabilities, 15 bins, mean over labels;
 * - `brier`: mean squared distance of probabilities from presence;
 * - `macroF1`: of the labels above their thresholds;
 * - `coverage`: share accepted; `risk`: share of the accepted whose most probable label is none that most reviewers name;
 * - `aurc`: the risk, averaged over all coverages, as the most doubted are rejected first (by confidence).
 */
export type ReviewFigure = (typeof REVIEW_FIGURES)[number];

/** A figure before and after; null where it does not exist, as the risk of nothing accepted. */
export interface Change {
  readonly before: number | null;
  readonly after: number | null;
  /** 95 % interval of after - before, over persons; null as above, and where fewer than `LEAST_PERSONS` stand behind it. */
  readonly difference: Interval | null;
}

/** Every figure, before and after. */
export type Comparison = Readonly<Record<ReviewFigure, Change>>;

/** An interval over fewer persons tells nothing of others. */
export const LEAST_PERSONS = 5;

/** What would be told of one row. */
export interface ToldRow {
  /** In the sample's order of labels. */
  readonly probabilities: readonly number[];
  /** 1 for each label above its threshold. */
  readonly said: readonly number[];
  readonly accepted: boolean;
  /** 1 where the most probable label is none that most reviewers name. */
  readonly wrong: number;
  readonly doubt: number;
}

/** What would be told of a row under a calibration of its subset, or, where that is null, by the pack. */
export function toldUnder(
  row: ReviewRow,
  labels: readonly Label[],
  decision: PackDecision,
  calibration: SubsetCalibration | null,
): ToldRow {
  const { modalities } = row.prediction;
  const subset = modalities.length > 1 ? 'both' : (modalities[0] ?? 'voice');
  const review: ReviewCalibration | null = calibration && {
    id: '',
    createdMs: 0,
    pack: '',
    subsets: { [subset]: calibration },
  };
  const told: Prediction = underCalibration(row.prediction, review);
  const rule = decisionUnder(decision, review, modalities);
  const probabilities = labels.map((label) => told.probabilities[label] ?? 0);
  return {
    probabilities,
    said: labels.map((label, k) => Number((probabilities[k] ?? 0) > (rule.thresholds[label] ?? 0.5))),
    accepted: believed(told, rule),
    wrong: Number(isWrong(row, probabilities.indexOf(Math.max(...probabilities)))),
    doubt: doubtOf('confidence', told),
  };
}

/** How a comparison is made. */
export interface CompareRowsOptions {
  readonly random: Random;
  /** How often each row counts. */
  readonly weights: readonly number[];
  /** Default 1000. */
  readonly resamples?: number;
}

/**
 * All figures of the same rows, told in two ways, with intervals of the difference by resampling whole persons.
 * @throws RangeError where there is no row or a list has not one entry a row.
 * @example compareTold(rows, before, after, { random: randomStream(1, 'ci'), weights: weightsOf(rows) }).ece.difference;
 */
export function compareTold(
  rows: readonly ReviewRow[],
  before: readonly ToldRow[],
  after: readonly ToldRow[],
  options: CompareRowsOptions,
): Comparison {
  return changes(rows, [figuresOf(rows, before), figuresOf(rows, after)], options);
}

/** Calibration error and Brier score of each label, before and after. */
export function compareLabels(
  rows: readonly ReviewRow[],
  labels: readonly Label[],
  before: readonly ToldRow[],
  after: readonly ToldRow[],
  options: CompareRowsOptions,
): readonly { readonly label: Label; readonly ece: Change; readonly brier: Change }[] {
  const perLabel = (told: readonly ToldRow[]) =>
    reread(calibrationOf(rows, told), ({ ece, brier }) =>
      Object.fromEntries(
        labels.flatMap((label, k) => [
          [`ece ${label}`, ece.perLabel[k] ?? NaN],
          [`brier ${label}`, brier.perLabel[k] ?? NaN],
        ]),
      ),
    );
  const all = changes(rows, [perLabel(before), perLabel(after)], options);
  const none: Change = { before: null, after: null, difference: null };
  return labels.map((label) => ({
    label,
    ece: all[`ece ${label}`] ?? none,
    brier: all[`brier ${label}`] ?? none,
  }));
}

function changes(
  rows: readonly ReviewRow[],
  [before, after]: readonly [Tally<Record<string, number>>, Tally<Record<string, number>>],
  { random, weights, resamples = 1000 }: CompareRowsOptions,
): Readonly<Record<string, Change>> {
  const both = scaled(join({ before, after }), weights);
  const figures = total(both);
  const persons = rows.map(({ person }) => person);
  const differences = reread(both, (all) =>
    Object.fromEntries(Object.entries(all.after).map(([name, x]) => [name, x - (all.before[name] ?? NaN)])),
  );
  const known = new Set(persons).size >= LEAST_PERSONS;
  const intervals = known ? bootstrap(differences, { random, resamples, groups: persons }) : {};
  return Object.fromEntries(
    Object.entries(figures.after).map(([name, x]) => [
      name,
      {
        before: orNull(figures.before[name] ?? NaN),
        after: orNull(x),
        difference: intervals[name] ?? null,
      },
    ]),
  );
}

function figuresOf(rows: readonly ReviewRow[], told: readonly ToldRow[]): Tally<Record<ReviewFigure, number>> {
  const accepted = told.map((row) => row.accepted);
  const wrong = told.map((row) => row.wrong);
  const said = told.map((row) => row.said);
  const parts = join({
    calibration: calibrationOf(rows, told),
    f1: f1Tally(
      rows.map(({ present }) => present),
      said,
    ),
    coverage: meanTally(accepted.map(Number)),
    risk: only(meanTally(wrong), accepted),
    aurc: aurcTally(
      told.map(({ doubt }) => doubt),
      wrong,
    ),
  });
  return reread(parts, ({ calibration: { ece, brier }, f1, coverage, risk, aurc }) => ({
    ece: ece.mean,
    brier: brier.mean,
    macroF1: f1.macro,
    coverage,
    risk,
    aurc,
  }));
}

function calibrationOf(rows: readonly ReviewRow[], told: readonly ToldRow[]) {
  const [present, probabilities] = [rows.map((row) => row.present), told.map((row) => row.probabilities)];
  return join({ ece: eceTally(present, probabilities), brier: brierTally(present, probabilities) });
}

function orNull(x: number): number | null {
  return Number.isNaN(x) ? null : x;
}
