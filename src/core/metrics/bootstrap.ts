/** Confidence intervals by resampling clips, or whole groups of clips. */
import { integerBelow, type Random } from '../random.ts';
import { byGroup, weighted, type Tally } from './tally.ts';

/** Lower and upper end of a confidence interval. */
export type Interval = readonly [low: number, high: number];

/** How intervals are drawn. */
export interface BootstrapOptions {
  readonly random: Random;
  /** Default 1000. */
  readonly resamples?: number;
  /** Share of resamples inside the interval, between 0 and 1. Default 0.95. */
  readonly level?: number;
  /**
   * A name a clip, of the speaker say: whole groups are then drawn instead of clips, so that an interval tells of
   * new speakers and not of new clips by the same ones. Default: each clip for itself.
   */
  readonly groups?: readonly (string | number)[];
}

/**
 * Percentile bootstrap intervals (Efron). One resample, as many clips or groups as there are drawn with replacement,
 * serves all figures. Papers 3 and 5 print "between 2.75% and 97.5%" of such resamples, a slip for 2.5: the toolkit that
 * they name cuts 2.5 % at either end, as here.
 * @param tally figures by name.
 * @returns an interval by name, over the resamples in which the figure is a number; null where it never is.
 * @throws RangeError when there is no clip, `groups` has not one name a clip, `resamples` is no positive integer or
 * `level` is not between 0 and 1.
 * @example bootstrap(reread(f1Tally(present, said), ({ macro }) => ({ macro })), { random: randomStream(1, 'ci') }).macro;
 */
export function bootstrap<Name extends string>(
  tally: Tally<Readonly<Record<Name, number>>>,
  options: BootstrapOptions,
): Readonly<Record<Name, Interval | null>> {
  const { random, resamples = 1000, level = 0.95, groups } = options;
  if (!Number.isInteger(resamples) || resamples < 1)
    throw new RangeError(`resamples is ${resamples}, not a positive integer`);
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}, not between 0 and 1`);
  if (tally.clips === 0) throw new RangeError('there is no clip to resample');
  const units = groups === undefined ? tally : byGroup(tally, groups);

  const drawn = Array.from({ length: resamples }, () => weighted(units, resample(units.clips, random)));
  const names = Object.keys(drawn[0] ?? {}) as Name[];
  return Object.fromEntries(
    names.map((name) => [name, interval(Float64Array.from(drawn, (figures) => figures[name]).filter(isNumber), level)]),
  ) as Record<Name, Interval | null>;
}

/** How often each of n was drawn in n draws. */
function resample(n: number, random: Random): Float64Array {
  const weights = new Float64Array(n);
  for (let draw = 0; draw < n; draw++) {
    const i = integerBelow(random, n);
    weights[i] = (weights[i] ?? 0) + 1;
  }
  return weights;
}

function interval(figures: Float64Array, level: number): Interval | null {
  if (figures.length === 0) return null;
  const rising = figures.toSorted();
  return [quantile(rising, (1 - level) / 2), quantile(rising, (1 + level) / 2)];
}

/** Linear between order statistics, as NumPy's default. */
function quantile(rising: Float64Array, q: number): number {
  const place = q * (rising.length - 1);
  const low = rising[Math.floor(place)] ?? NaN;
  const high = rising[Math.ceil(place)] ?? NaN;
  return low + (high - low) * (place - Math.floor(place));
}

function isNumber(x: number): boolean {
  return !Number.isNaN(x);
}
