/** From a few ratings to many points, whose density does not hang on where cells begin (paper 4, section 2). */
import { histogram2d, type Point } from '../kde/histogram.ts';
import { density, gridOf } from '../kde/kde2d.ts';
import { integerBelow, permutation, type Random, uniform } from '../random.ts';

/** How ratings are upsampled, and counted. */
export interface TruthOptions {
  /** Points that are made. Default 200. */
  readonly upsamples?: number;
  /** Cells an axis of the histogram. Default 512 (paper 4, section 3.1). */
  readonly bins?: number;
}

/** Keeps ratings that are all the same apart (paper 4, footnote 1). */
const EPSILON = 1e-12;

/**
 * Shares of raters in one upsampled point: a random subset of them, of any size from 1, each with the same share.
 * @param n raters, at least 1.
 * @returns [n], sums to 1.
 */
export function subsetShares(n: number, random: Random): Float64Array {
  const size = 1 + integerBelow(random, n);
  const shares = new Float64Array(n);
  for (const i of permutation(random, n).slice(0, size)) shares[i] = 1 / size;
  return shares;
}

/**
 * Means of random subsets of the raters, each with uniform noise of half a standard deviation of the ratings to either
 * side, axis by axis (Zhang, Essl and Mower Provost 2017; paper 4, section 2 and footnote 1).
 * @param points one a rater, at least one.
 * @throws RangeError when there is none.
 * @example upsampled([[0.2, 0.1], [0.4, -0.1]], { random: randomStream(1, 'clip'), upsamples: 200 }).length; // 200
 */
export function upsampled(
  points: readonly Point[],
  { random, upsamples = 200 }: TruthOptions & { readonly random: Random },
): readonly Point[] {
  if (points.length === 0) throw new RangeError('there is no rating');
  const [first, second] = [deviation(points.map(([x]) => x)), deviation(points.map(([, y]) => y))];
  return Array.from({ length: upsamples }, (): Point => {
    const shares = subsetShares(points.length, random);
    const mean = (axis: 0 | 1): number => points.reduce((sum, point, i) => sum + (shares[i] ?? 0) * point[axis], 0);
    return [mean(0) + uniform(random, -first / 2, first / 2), mean(1) + uniform(random, -second / 2, second / 2)];
  });
}

/**
 * The distribution over the 4 x 4 grid that networks are to predict: rows are valence, columns arousal, lowest first.
 * @returns 16 shares that sum to 1.
 * @example truthGrid(pointsOf(ratings), { random: randomStream(seed, 'truth', clip.id) });
 */
export function truthGrid(points: readonly Point[], options: TruthOptions & { readonly random: Random }): Float64Array {
  return gridOf(density(histogram2d(upsampled(points, options), options.bins ?? 512)));
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) + EPSILON;
}
