/** Does uncertainty earn its place? The surest clips beside all, overall and label by label, with intervals. */
import { bootstrap, type BootstrapOptions, type Interval } from '../metrics/bootstrap.ts';
import { f1Tally } from '../metrics/f1.ts';
import { presentByShare } from '../metrics/presence.ts';
import { join, meanTally, only, reread, type Tally, total } from '../metrics/tally.ts';
import { misses } from '../metrics/top1.ts';
import { cutAt } from './curve.ts';
import { marginDoubt } from './doubt.ts';
import type { LabelledClips } from './label-curve.ts';

/** Accepted clips with a label from which on its figures are told. */
export const ENOUGH = 20;

/** A figure of all clips and of the accepted ones. */
export interface Gain {
  readonly all: number;
  readonly accepted: number;
  /** 95 % interval of accepted - all, both of the same resamples; null where the figure never exists. */
  readonly difference: Interval | null;
}

/** What one label gains. */
export interface LabelGain {
  /** Clips in which raters perceive it. */
  readonly present: number;
  /** Those among the clips that are accepted by the label's own margin. */
  readonly acceptedPresent: number;
  /** F1 under the 1/C rule, clips rejected by the label's own margin (`marginDoubt`). */
  readonly f1: Gain;
  /** Accepted clips of which the label is the most probable one, clips rejected by the common score. */
  readonly acceptedFirst: number;
  /** Share of wrong ones among the clips of which it is the most probable label, rejected by the common score. */
  readonly risk: Gain;
}

/** What is gained at one coverage. */
export interface Gains {
  /** As it was counted. */
  readonly coverage: number;
  readonly risk: Gain;
  readonly macroF1: Gain;
  /** In the labels' order. */
  readonly perLabel: readonly LabelGain[];
}

/**
 * Figures of the surest share of clips beside those of all. Overall and for the risk of each label, clips are rejected by
 * one score; for the F1 of each label by that label's own margin, as the paper rejects for each attribute by its own
 * uncertainty (paper 2, section V-B). The thresholds are those of all clips and stay in the resamples.
 * @param doubt a finite number a clip.
 * @throws RangeError as `coverageCurve` and `bootstrap`.
 * @example gains(scored, doubts, 0.6, { random: randomStream(1, 'reject') }).risk.accepted;
 */
export function gains(
  { truth, shares, probabilities }: LabelledClips,
  doubt: readonly number[],
  coverage: number,
  options: BootstrapOptions,
): Gains {
  const labels = truth[0]?.length ?? 0;
  const accepts = (doubts: readonly number[]) => {
    const { threshold } = cutAt(doubts, coverage);
    return doubts.map((value) => value <= threshold);
  };
  const kept = accepts(doubt);
  const ownKept = Array.from({ length: labels }, (_, k) =>
    accepts(shares.map((row) => marginDoubt(row[k] ?? NaN, labels))),
  );
  const wrong = meanTally(misses(truth, probabilities, { ties: 'any' }).map(Number));
  const first = probabilities.map((row) => row.indexOf(Math.max(...row)));
  const [present, said] = [presentByShare(truth), presentByShare(shares)];
  const f1 = reread(f1Tally(present, said), ({ macro }) => macro);
  const pairs: Record<string, Pair> = { risk: pair(wrong, kept), macroF1: pair(f1, kept) };
  for (let k = 0; k < labels; k++) {
    const own = [present, said].map((matrix) => matrix.map((row) => [row[k] ?? NaN])) as [number[][], number[][]];
    const ownF1 = reread(f1Tally(...own), ({ macro }) => macro);
    pairs[`f1 ${k}`] = pair(ownF1, ownKept[k] ?? []);
    const isFirst = first.map((label) => label === k);
    pairs[`risk ${k}`] = pair(only(wrong, isFirst), kept);
  }
  const gained = gainsOf(pairs, options);
  const count = (test: (clip: number) => boolean) => truth.filter((_, clip) => test(clip)).length;
  return {
    coverage: count((clip) => kept[clip] === true) / truth.length,
    risk: gained('risk'),
    macroF1: gained('macroF1'),
    perLabel: ownKept.map((own, k) => ({
      present: count((clip) => present[clip]?.[k] === 1),
      acceptedPresent: count((clip) => present[clip]?.[k] === 1 && own[clip] === true),
      f1: gained(`f1 ${k}`),
      acceptedFirst: count((clip) => first[clip] === k && kept[clip] === true),
      risk: gained(`risk ${k}`),
    })),
  };
}

type Pair = Tally<{ readonly all: number; readonly accepted: number }>;

function pair(figure: Tally<number>, kept: readonly boolean[]): Pair {
  return join({ all: figure, accepted: only(figure, kept) });
}

/** All pairs over the same resamples. */
function gainsOf(pairs: Readonly<Record<string, Pair>>, options: BootstrapOptions): (name: string) => Gain {
  const joined = join<Record<string, { all: number; accepted: number }>>(pairs);
  const totals = total(joined);
  const intervals = bootstrap(
    reread(joined, (figures) =>
      Object.fromEntries(Object.entries(figures).map(([name, { all, accepted }]) => [name, accepted - all])),
    ),
    options,
  );
  return (name) => ({ ...(totals[name] ?? { all: NaN, accepted: NaN }), difference: intervals[name] ?? null });
}
