/** Whether what was planted in simulated raters was found again. */
import { bootstrap, type Interval } from '../metrics/bootstrap.ts';
import { join, total } from '../metrics/tally.ts';
import type { Random } from '../random.ts';
import { correlationTally, rankCorrelationTally } from './correlation.ts';
import type { SimulatedRater } from './simulate.ts';

/** What was learned about one rater. */
export interface LearnedRater {
  readonly rater: string;
  /** By how much he is predicted to score above the mean of all raters, over the same clips. */
  readonly leniency: number;
  readonly bias: number;
  /** Standard deviation of what he scored beside what was predicted, mean of valence and arousal; NaN for too few. */
  readonly spread: number;
}

/** A correlation with its interval over raters. */
export interface Agreement {
  readonly value: number;
  readonly interval: Interval | null;
}

/** How what was learned goes with what was planted. */
export interface Recovery {
  readonly raters: number;
  /** Pearson's. */
  readonly leniency: Agreement;
  readonly bias: Agreement;
  /** Spearman's: the spread holds more than noise, so only its order can tell. */
  readonly noise: Agreement;
}

/**
 * Compare raters by their names.
 * @param learned raters who are not in the pool, or whose spread is not a number, are left out.
 * @throws RangeError when none is left.
 * @example recovery(raterPool(options), learned, { random: randomStream(1, 'recovery') }).leniency.value; // 0.9
 */
export function recovery(
  planted: readonly SimulatedRater[],
  learned: readonly LearnedRater[],
  options: { readonly random: Random; readonly resamples?: number },
): Recovery {
  const byName = new Map(planted.map((rater) => [rater.rater, rater]));
  const pairs = learned.flatMap((found) => {
    const truth = byName.get(found.rater);
    return truth && Number.isFinite(found.spread) ? [{ truth, found }] : [];
  });
  if (pairs.length === 0) throw new RangeError('no rater of the pool was learned');
  const tally = join({
    leniency: correlationTally(
      pairs.map(({ truth }) => truth.leniency),
      pairs.map(({ found }) => found.leniency),
    ),
    bias: correlationTally(
      pairs.map(({ truth }) => truth.bias),
      pairs.map(({ found }) => found.bias),
    ),
    noise: rankCorrelationTally(
      pairs.map(({ truth }) => truth.noise),
      pairs.map(({ found }) => found.spread),
    ),
  });
  const values = total(tally);
  const intervals = bootstrap(tally, options);
  const agreement = (name: keyof typeof values): Agreement => ({ value: values[name], interval: intervals[name] });
  return {
    raters: pairs.length,
    leniency: agreement('leniency'),
    bias: agreement('bias'),
    noise: agreement('noise'),
  };
}
