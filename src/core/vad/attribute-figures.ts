/** How well attributes are told, and what abstaining by their uncertainty buys (paper 2, sections V-A to V-C). */
import { bootstrap, type Interval } from '../metrics/bootstrap.ts';
import { concordanceTally } from '../metrics/concordance.ts';
import { join, meanTally, only, reread, type Tally, total } from '../metrics/tally.ts';
import type { Random } from '../random.ts';
import { coverageCurve, cutAt } from '../reject/curve.ts';
import { type Attribute, ATTRIBUTES } from './attributes.ts';

/** One attribute of many clips: truth is derived from votes, the rest is what a network says. */
export interface JudgedAttribute {
  /** Derived consensus, on [-1, 1]. */
  readonly truth: readonly number[];
  readonly consensus: readonly number[];
  /** Anything that rises with doubt; nats of the averaged soft label. */
  readonly uncertainty: readonly number[];
  /** Ends of the interval, where there is one. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

/** Agreement of the clips that are accepted. */
export interface Agreement {
  /** Concordance correlation coefficient. */
  readonly ccc: number;
  /** Root mean square error, on the scale of [-1, 1]. */
  readonly rmse: number;
}

/** A point of a curve. */
export interface AgreementPoint extends Agreement {
  readonly coverage: number;
  /** Greatest uncertainty that is accepted. */
  readonly threshold: number;
}

/** Figures of one attribute. */
export interface AttributeFigures extends Agreement {
  readonly cccInterval: Interval | null;
  /** By whose uncertainty clips are rejected: its own, or another's (uncertainty transfer). */
  readonly curves: Readonly<Partial<Record<Attribute, readonly AgreementPoint[]>>>;
  /** The accepted at `coverage` against all, by its own uncertainty; the interval is of the difference of CCC. */
  readonly accepted: AgreementPoint & { readonly gain: number; readonly gainInterval: Interval | null };
  /** Share of clips whose derived consensus is in its interval, and the interval's mean width; null where there is none. */
  readonly interval: { readonly inside: number; readonly width: number } | null;
}

/** How figures are drawn. */
export interface AttributeFiguresOptions {
  readonly random: Random;
  /** Default 1000. */
  readonly resamples?: number;
  /** Of `accepted`. Default 0.6, as the paper's own figures. */
  readonly coverage?: number;
}

/** Both figures as sums over clips. */
function agreementTally(truth: readonly number[], said: readonly number[]): Tally<Agreement> {
  const squares = truth.map((y, i) => (y - (said[i] ?? NaN)) ** 2);
  return join({ ccc: concordanceTally(truth, said), rmse: reread(meanTally(squares), Math.sqrt) });
}

/**
 * Figures of each attribute.
 * @param judged the same clips, in the same order, for each attribute.
 * @throws RangeError when lists differ in length or an uncertainty is not finite.
 */
export function attributeFigures(
  judged: Readonly<Partial<Record<Attribute, JudgedAttribute>>>,
  { random, resamples = 1000, coverage = 0.6 }: AttributeFiguresOptions,
): Readonly<Partial<Record<Attribute, AttributeFigures>>> {
  const named = ATTRIBUTES.flatMap((attribute) => {
    const found = judged[attribute];
    return found ? [{ attribute, ...found }] : [];
  });
  return Object.fromEntries(
    named.map(({ attribute, truth, consensus, uncertainty, low, high }) => {
      const agreement = agreementTally(truth, consensus);
      const curves = named.map(
        (other) => [other.attribute, flat(coverageCurve(other.uncertainty, agreement))] as const,
      );
      const cut = cutAt(uncertainty, coverage);
      const keep = uncertainty.map((u) => u <= cut.threshold);
      const both = join({ all: agreement, accepted: only(agreement, keep) });
      const found = total(both);
      const intervals = bootstrap(
        reread(both, ({ all, accepted }) => ({ ccc: all.ccc, gain: accepted.ccc - all.ccc })),
        { random, resamples },
      );
      const figures: AttributeFigures = {
        ...found.all,
        cccInterval: intervals.ccc,
        curves: Object.fromEntries(curves),
        accepted: {
          ...found.accepted,
          coverage: cut.coverage,
          threshold: cut.threshold,
          gain: found.accepted.ccc - found.all.ccc,
          gainInterval: intervals.gain,
        },
        interval: low && high ? held(truth, low, high) : null,
      };
      return [attribute, figures];
    }),
  );
}

/** How many of the truths lie between the ends. */
function held(truth: readonly number[], low: readonly number[], high: readonly number[]): AttributeFigures['interval'] {
  return {
    inside: mean(truth.map((y, i) => (y >= (low[i] ?? NaN) && y <= (high[i] ?? NaN) ? 1 : 0))),
    width: mean(high.map((end, i) => end - (low[i] ?? NaN))),
  };
}

function flat(points: ReturnType<typeof coverageCurve<Agreement>>): readonly AgreementPoint[] {
  return points.map(({ coverage, threshold, figures }) => ({ coverage, threshold, ...figures }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
