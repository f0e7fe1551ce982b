/** Is one pack better than another, or is it this test set? Paper 1's test over 40 subsets. */
import { permutation, type Random } from '../random.ts';
import { mean } from './per-label.ts';
import { twoTailed } from './student-t.ts';
import { weighted, type Tally } from './tally.ts';

/** Which t-test is made of two lists of figures. */
export type Pairing = 'paired' | 'welch';

/** Outcome of a two-tailed t-test. */
export interface TTest {
  /** Mean of the first list and of the second. */
  readonly means: readonly [number, number];
  /** Above 0 where the first mean is greater; infinite where the difference does not vary. */
  readonly t: number;
  readonly freedom: number;
  /** Probability of a |t| at least as great if both were alike; 1 where the lists are. */
  readonly p: number;
}

/** How a test set is split, and what test is made. */
export interface SubsetOptions {
  readonly random: Random;
  /** Default 40, as in paper 1. */
  readonly subsets?: number;
  /**
   * Paper 1 says "a two-tailed t-test" and no more. Default `paired`: both packs are scored on the same subsets, so
   * what makes a subset hard cancels. `welch` treats the two lists as independent, and finds less.
   */
  readonly pairing?: Pairing;
}

/**
 * Two-tailed t-test of one figure of two packs over random subsets of one test set (paper 1, section 4.3: 40 subsets,
 * significant at p <= 0.05). Subsets are disjoint, their sizes differ by one clip at most, and both packs get the same.
 * @param first the figure of one pack as a tally, as in `reread(f1Tally(present, said), ({ macro }) => macro)`.
 * @param second the same of the other pack, for the same clips in the same order.
 * @throws RangeError when the clips differ in number or are fewer than the subsets, `subsets` is no integer over 1, or
 * the figure of a subset is not finite (naming the subset).
 * @example subsetTTest(f1OfOne, f1OfOther, { random: randomStream(7, 't-test') }).p <= 0.05;
 */
export function subsetTTest(first: Tally<number>, second: Tally<number>, options: SubsetOptions): TTest {
  const { random, subsets = 40, pairing = 'paired' } = options;
  if (!Number.isInteger(subsets) || subsets < 2)
    throw new RangeError(`subsets is ${subsets}, not an integer of at least 2`);
  if (first.clips !== second.clips)
    throw new RangeError(`the first pack is scored on ${first.clips} clips, the second on ${second.clips}`);
  if (first.clips < subsets) throw new RangeError(`${first.clips} clips cannot be split into ${subsets} subsets`);

  const order = permutation(random, first.clips);
  const split = Array.from({ length: subsets }, () => new Float64Array(first.clips));
  order.forEach((clip, place) => split[place % subsets]?.fill(1, clip, clip + 1));
  const figures = (tally: Tally<number>): number[] =>
    split.map((weights, i) => {
      const figure = weighted(tally, weights);
      if (!Number.isFinite(figure)) throw new RangeError(`the figure of subset ${i} is ${figure}`);
      return figure;
    });
  return tTest(figures(first), figures(second), pairing);
}

/**
 * Two-tailed t-test of two lists.
 * @param first at least two finite numbers.
 * @param second at least two finite numbers; as many as `first` when paired.
 * @throws RangeError when a list is too short, or lists to be paired differ in length.
 * @example tTest([0.71, 0.69, 0.74], [0.66, 0.67, 0.7], 'paired').p;
 */
export function tTest(first: readonly number[], second: readonly number[], pairing: Pairing): TTest {
  if (first.length < 2 || second.length < 2) throw new RangeError('a t-test needs at least two numbers a list');
  if (pairing === 'paired' && first.length !== second.length)
    throw new RangeError(`lists of ${first.length} and ${second.length} cannot be paired`);
  const means = [mean(first), mean(second)] as const;
  const { difference, error, freedom } =
    pairing === 'paired' ? pairedError(first, second) : welchError(first, second, means[0] - means[1]);
  const t = difference === 0 ? 0 : difference / error;
  return { means, t, freedom, p: twoTailed(t, freedom) };
}

interface Spread {
  readonly difference: number;
  /** Standard error of the difference. */
  readonly error: number;
  readonly freedom: number;
}

function pairedError(first: readonly number[], second: readonly number[]): Spread {
  const differences = first.map((x, i) => x - (second[i] ?? NaN));
  const n = differences.length;
  return { difference: mean(differences), error: Math.sqrt(variance(differences) / n), freedom: n - 1 };
}

function welchError(first: readonly number[], second: readonly number[], difference: number): Spread {
  const [a, b] = [variance(first) / first.length, variance(second) / second.length];
  const satterthwaite = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  // lists that do not vary have no degrees of freedom to estimate; t is then 0 or infinite whatever they are
  const freedom = a + b === 0 ? first.length + second.length - 2 : satterthwaite;
  return { difference, error: Math.sqrt(a + b), freedom };
}

/** Unbiased; 0 for a list of one and the same number, whatever its mean rounds to. */
function variance(list: readonly number[]): number {
  if (list.every((x) => x === list[0])) return 0;
  const center = mean(list);
  return list.reduce((sum, x) => sum + (x - center) ** 2, 0) / (list.length - 1);
}
