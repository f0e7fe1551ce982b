/**
 * Raters who are made up, over votes that are real. Corpora with votes seldom say who voted; what can be learned about
 * single raters is shown on a pool whose leniency, bias and noise are known. Each rater takes one of a clip's votes for an
 * emotion and scores it as he is; the score that goes with an emotion is derived (src/core/vad), so all of it is.
 */
import type { Label } from '../../domain.ts';
import { LABELS } from '../labels.ts';
import type { Votes } from '../manifest-votes.ts';
import { gaussian, permutation, randomStream, uniform } from '../random.ts';
import type { EmotionAttributes } from '../vad/emotion-attributes.ts';
import type { ScoredRating } from './ratings.ts';

/** One rater, and what is planted in him. */
export interface SimulatedRater {
  readonly rater: string;
  /** Added to valence: above 0 he finds faces more pleasant than others do. */
  readonly leniency: number;
  /** Added to arousal: above 0 he finds them more excited. */
  readonly bias: number;
  /** His own spread, as a multiple of that of single raters. */
  readonly noise: number;
  /** How likely he is to rate a clip, against others. */
  readonly activity: number;
}

/** A pool of raters. */
export interface PoolOptions {
  readonly seed: number;
  /** How many. */
  readonly raters: number;
  /** Standard deviation of leniency and of bias over raters, on [-1, 1]. */
  readonly leniency: number;
  readonly bias: number;
  /** Lowest and highest; evenly spread in between. */
  readonly noise: readonly [number, number];
  /** Lowest and highest; evenly spread in between by its logarithm, as a few rate much and many little. */
  readonly activity: readonly [number, number];
}

/**
 * The raters of a pool; the same for the same options, and a rater stays who he is when more join.
 * @example raterPool({ seed: 4, raters: 2, leniency: 0.15, bias: 0.15, noise: [0.3, 1.2], activity: [1, 10] })[0]?.rater; // 'r1'
 */
export function raterPool(options: PoolOptions): readonly SimulatedRater[] {
  const { seed, raters, leniency, bias, noise, activity } = options;
  return Array.from({ length: raters }, (_, i) => {
    const random = randomStream(seed, 'rater', i);
    return {
      rater: `r${i + 1}`,
      leniency: leniency * gaussian(random),
      bias: bias * gaussian(random),
      noise: uniform(random, ...noise),
      activity: Math.exp(uniform(random, Math.log(activity[0]), Math.log(activity[1]))),
    };
  });
}

/**
 * The derived ratings of one clip. As many raters as there are votes are drawn from the pool, each takes one vote; who took
 * one for `other` gives no scores. Of emotion e a rater scores mean(e) + leniency or bias + noise sd(e) z, z standard normal,
 * held to [-1, 1].
 * @param id of the clip: the draw depends on it and on the seed alone.
 * @throws RangeError when there are more votes than raters.
 * @example simulatedRatings({ id: 'a', votes: { happiness: 9, neutral: 1 } }, pool, DERIVED_ATTRIBUTES, 4).length; // 10
 */
export function simulatedRatings(
  { id, votes }: { readonly id: string; readonly votes: Votes },
  pool: readonly SimulatedRater[],
  attributes: EmotionAttributes,
  seed: number,
): readonly ScoredRating[] {
  const random = randomStream(seed, 'ratings', id);
  const cast = [...LABELS, 'other' as const].flatMap((choice) =>
    Array.from({ length: votes[choice] ?? 0 }, () => choice),
  );
  if (cast.length > pool.length)
    throw new RangeError(`clip ${id} has ${cast.length} votes, and there are ${pool.length} raters`);
  // Weighted without replacement: the largest of u^(1 / activity) (Efraimidis and Spirakis 2006).
  const chosen = pool
    .map((rater) => ({ rater, key: Math.log(random()) / rater.activity }))
    .toSorted((a, b) => b.key - a.key)
    .slice(0, cast.length);
  const order = permutation(random, cast.length);
  return chosen.flatMap(({ rater }, i) => {
    const vote = cast[order[i] ?? 0];
    if (vote === undefined || vote === 'other') return [];
    return [rated(rater, attributes[vote], gaussian(random), gaussian(random))];
  });
}

function rated(
  { rater, leniency, bias, noise }: SimulatedRater,
  { valence, arousal }: EmotionAttributes[Label],
  z1: number,
  z2: number,
): ScoredRating {
  const held = (score: number): number => Math.max(-1, Math.min(1, score));
  return {
    rater,
    valence: held(valence.mean + leniency + noise * valence.sd * z1),
    arousal: held(arousal.mean + bias + noise * arousal.sd * z2),
  };
}
