/** What single raters scored, on one scale. */
import type { Clip, Scale, Stimulus } from '../manifest.ts';
import type { Point } from '../kde/histogram.ts';

/** One rater's scores of one clip, each on [-1, 1]. */
export interface ScoredRating {
  readonly rater: string;
  /** Unpleasant to pleasant. */
  readonly valence: number;
  /** Calm to excited. */
  readonly arousal: number;
}

/**
 * The ratings of a clip that have valence and arousal, moved from the corpus' scale to [-1, 1] (paper 4, section 3.1).
 * @param scale lowest and highest score of the corpus.
 * @example scoredRatings(clip, 'av', [1, 7]); // [{ rater: 'r17', valence: -0.67, arousal: 0.67 }]
 */
export function scoredRatings(
  { ratings }: Pick<Clip, 'ratings'>,
  stimulus: Stimulus,
  [low, high]: Scale,
): readonly ScoredRating[] {
  const moved = (score: number): number => (2 * (score - low)) / (high - low) - 1;
  return ratings.flatMap(({ rater, stimulus: given, valence, arousal }) =>
    given === stimulus && valence !== undefined && arousal !== undefined
      ? [{ rater, valence: moved(valence), arousal: moved(arousal) }]
      : [],
  );
}

/** Ratings as points: valence first. */
export function pointsOf(ratings: readonly ScoredRating[]): readonly Point[] {
  return ratings.map(({ valence, arousal }) => [valence, arousal]);
}
