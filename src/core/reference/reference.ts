/** What the networks of a pack were made for, and how far something lies from it: what is too far must not be judged. */
import type { Distances, Missing, Modality, Prediction } from '../../domain.ts';
import { type Gaussian, squaredDistance } from './gaussian.ts';

/** A cloud of rows and how far from it is too far. */
export interface BoundedGaussian extends Gaussian {
  /** The greatest squared distance that still belongs to it: a high quantile over clips that the cloud was not fitted on. */
  readonly bound: number;
}

/** What a network is given when all is well, by plain statistics of its input and by what the network makes of it. */
export interface Reference {
  /** Of `voiceStatistics` or `faceStatistics`. */
  readonly statistics: BoundedGaussian;
  /** Of the network's embedding; a voice's is the mean over the steps that hold sound. */
  readonly embedding: BoundedGaussian;
}

/** Beyond this distance something is out of distribution. */
export const BOUND = 1;

/**
 * How far something lies from a reference, in units of what is allowed: the farther of its two distances, each Mahalanobis'
 * over its bound. Above 1 is out of distribution.
 * @param statistics as many numbers as the reference's have.
 * @param embedding the same.
 * @example distanceFrom(reference, faceStatistics(crop), embedding) > BOUND;
 */
export function distanceFrom(
  reference: Reference,
  statistics: ArrayLike<number>,
  embedding: ArrayLike<number>,
): number {
  const share = (cloud: BoundedGaussian, row: ArrayLike<number>) => squaredDistance(cloud, row) / cloud.bound;
  return Math.sqrt(Math.max(share(reference.statistics, statistics), share(reference.embedding, embedding)));
}

/**
 * The distance of a face over several looks: their median, so that one odd look among many does not spoil a window.
 * @param distances one a look, at least one.
 * @example distanceOfLooks(Float32Array.of(0.6, 0.7, 3)); // 0.7
 */
export function distanceOfLooks(distances: Float32Array): number {
  const sorted = distances.toSorted();
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** Whether a modality lies beyond the bound; what has no distance does not. */
export function isStrange(distances: Distances | undefined, modality: Modality): boolean {
  return (distances?.[modality] ?? 0) > BOUND;
}

/**
 * Which of the modalities that are there may be judged: those within the bound, or, where none is, all of them, so that a
 * reviewer sees what would have been said.
 * @example judgeable(['voice', 'face'], { voice: 1.4, face: 0.6 }); // ['face']
 */
export function judgeable(there: readonly Modality[], distances: Distances): readonly Modality[] {
  const within = there.filter((modality) => !isStrange(distances, modality));
  return within.length > 0 ? within : there;
}

/** What is missing of a window once what is out of distribution counts as missing. */
export function missingWith(missing: Missing, distances: Distances | undefined): Missing {
  const strange = (['voice', 'face'] as const).filter((modality) => isStrange(distances, modality));
  return { ...missing, ...Object.fromEntries(strange.map((modality) => [modality, 'out-of-distribution'])) };
}

/** Whether a prediction was made from what must not be judged: it is kept as evidence only. */
export function isEvidenceOnly({ modalities, distances }: Pick<Prediction, 'modalities' | 'distances'>): boolean {
  return modalities.some((modality) => isStrange(distances, modality));
}
