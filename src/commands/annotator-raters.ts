/** What a network of annotators has learned about each of its raters. */
import type { Annotators, Scores } from '../../models/toolkit/train/annotator-system.ts';
import type { LearnedRater } from '../core/annotators/recovery.ts';
import { mean } from '../core/metrics/per-label.ts';
import { permutation, randomStream } from '../core/random.ts';
import type { AnnotatedClip } from './annotator-clips.ts';
import type { TrainedAnnotators } from './annotator-training.ts';

/** Clips over which raters are compared. */
const COMPARED = 200;
/** Fewest ratings of a rater whose spread is told. */
const FEWEST = 10;

/**
 * What was learned about each rater: how far his predictions lie from those of all, and his ratings from his predictions.
 * @param clips of whose raters all are known.
 * @param scores predictions for the raters of each clip, in the order of its ratings.
 */
export async function learnedRaters(
  network: Annotators,
  clips: readonly AnnotatedClip[],
  scores: readonly Scores[],
  { raters, config }: TrainedAnnotators,
): Promise<readonly LearnedRater[]> {
  const compared = permutation(randomStream(config.seed, 'compared'), clips.length)
    .slice(0, COMPARED)
    .flatMap((i) => clips[i] ?? []);
  const everyone = raters.map((_, rater) => rater);
  const said = await network.scores(
    compared.map(({ embedding }) => embedding),
    compared.map(() => everyone),
  );
  const overall = (part: 'valence' | 'arousal'): number =>
    mean(said.flatMap((list) => list.map((score) => score[part])));
  const [valence, arousal] = [overall('valence'), overall('arousal')];
  const residuals = new Map<string, { valence: number[]; arousal: number[] }>();
  clips.forEach(({ ratings }, i) => {
    ratings.forEach((rating, slot) => {
      const score = scores[i]?.[slot];
      if (!score) return;
      const list = residuals.get(rating.rater) ?? { valence: [], arousal: [] };
      list.valence.push(rating.valence - score.valence);
      list.arousal.push(rating.arousal - score.arousal);
      residuals.set(rating.rater, list);
    });
  });
  return raters.map((rater, number) => {
    const left = residuals.get(rater);
    const own = (part: 'valence' | 'arousal'): number => mean(said.map((list) => list[number]?.[part] ?? NaN));
    return {
      rater,
      leniency: own('valence') - valence,
      bias: own('arousal') - arousal,
      spread:
        left && left.valence.length >= FEWEST ? (deviation(left.valence) + deviation(left.arousal)) / 2 : Number.NaN,
    };
  });
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
