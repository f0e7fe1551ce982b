/**
 * How close to the true distributions networks of annotators could come at best (docs/annotators.md): TVD on simulated raters
 * whose planted leniency and bias, and whose pictures' votes, are known instead of learned.
 *
 *     node scripts/run.mjs scripts/annotator-ceiling.ts --config models/configs/annotators.json --data ../shared/data
 *         [--clips 200] [--sigmas 8,16,32] [--noise 0,0.3]
 *
 * `ratings`: the very ratings, seen through the soft histogram. `heads`: each rater's mean score of the picture, which is all
 * that can be known of him. `direct`: the mean distribution over other raters and noise, which is all that can be known without him.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readAnnotatorConfig } from '../models/toolkit/train/annotator-config.ts';
import { pointsOf } from '../src/core/annotators/ratings.ts';
import { raterPool, simulatedRatings } from '../src/core/annotators/simulate.ts';
import { truthGrid, upsampled } from '../src/core/annotators/upsample.ts';
import { type Point, softHistogram2d } from '../src/core/kde/histogram.ts';
import { density, gridOf } from '../src/core/kde/kde2d.ts';
import { LABELS } from '../src/core/labels.ts';
import type { Votes } from '../src/core/manifest-votes.ts';
import { mean } from '../src/core/metrics/per-label.ts';
import { permutation, randomStream } from '../src/core/random.ts';
import { DERIVED_ATTRIBUTES } from '../src/core/vad/derived.ts';
import { readCorpus } from '../src/io/corpus/corpus.ts';

/** Redraws of raters and noise behind a mean distribution. */
const REDRAWS = 8;

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'models/configs/annotators.json' },
    data: { type: 'string', default: '../shared/data' },
    clips: { type: 'string', default: '200' },
    sigmas: { type: 'string', default: '8,16,32' },
    noise: { type: 'string' },
  },
});
const { seed, simulate, stimulus, fewest, truth, kde, dev } = await readAnnotatorConfig(values.config);
if (!simulate) throw new Error(`${values.config} has no 'simulate': of real raters nothing is planted`);
const [low = NaN, high = NaN] = values.noise?.split(',').map(Number) ?? simulate.noise;
const pool = raterPool({ ...simulate, noise: [low, high] });
const planted = new Map(pool.map((rater) => [rater.rater, rater]));
const rate = (clip: { readonly id: string; readonly votes: Votes }, draw: number) =>
  simulatedRatings(clip, pool, DERIVED_ATTRIBUTES, draw);

const corpora = await Promise.all(dev.map((file) => readCorpus(resolve(values.data, file))));
const voted = corpora
  .flatMap(({ clips }) => clips)
  .flatMap(({ id, votes }) => (votes[stimulus] ? [{ id, votes: votes[stimulus] }] : []))
  .filter((clip) => rate(clip, simulate.seed).length >= fewest);
const chosen = permutation(randomStream(seed, 'choose'), voted.length)
  .slice(0, Number(values.clips))
  .flatMap((i) => voted[i] ?? []);

const distances = new Map<string, number[]>();
for (const clip of chosen) {
  const ratings = rate(clip, simulate.seed);
  const random = (name: string, draw = 0) => randomStream(seed, name, clip.id, draw);
  const hard = (points: readonly Point[], name: string, draw = 0) =>
    truthGrid(points, { random: random(name, draw), ...truth });
  const soft = (points: readonly Point[], sigma: number) =>
    gridOf(density(softHistogram2d(upsampled(points, { random: random('predicted'), ...truth }), { ...kde, sigma })));
  const given = hard(pointsOf(ratings), 'truth');
  const told = (way: string, grid: ArrayLike<number>) => {
    distances.set(way, [...(distances.get(way) ?? []), totalVariation(given, grid)]);
  };
  const [valence, arousal] = meanScores(clip.votes);
  const expected = ratings.map(({ rater }): Point => {
    const { leniency = 0, bias = 0 } = planted.get(rater) ?? {};
    return [valence + leniency, arousal + bias];
  });
  for (const sigma of values.sigmas.split(',').map(Number)) {
    told(`ratings, soft histogram of sigma ${sigma}`, soft(pointsOf(ratings), sigma));
    told(`heads, soft histogram of sigma ${sigma}`, soft(expected, sigma));
  }
  told('ratings, KDE of another upsampling', hard(pointsOf(ratings), 'predicted'));
  told('heads, KDE', hard(expected, 'predicted'));
  const redrawn = Array.from({ length: REDRAWS }, (_, draw) =>
    hard(pointsOf(rate(clip, simulate.seed + 1 + draw)), 'redrawn', draw),
  );
  told(
    'direct',
    given.map((_, cell) => mean(redrawn.map((grid) => grid[cell] ?? NaN))),
  );
}
process.stdout.write(`least TVD on ${chosen.length} clips, noise ${low} to ${high}\n`);
for (const [way, each] of distances) process.stdout.write(`  ${way.padEnd(36)} ${mean(each).toFixed(3)}\n`);

/** Of a picture's raters together: the mean over its votes. */
function meanScores(votes: Votes): Point {
  const cast = LABELS.map((label) => [votes[label] ?? 0, DERIVED_ATTRIBUTES[label]] as const);
  const all = cast.reduce((sum, [count]) => sum + count, 0);
  const of = (attribute: 'valence' | 'arousal') =>
    cast.reduce((sum, [count, scores]) => sum + (count / all) * scores[attribute].mean, 0);
  return [of('valence'), of('arousal')];
}

function totalVariation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, share, cell) => sum + Math.abs(share - (b[cell] ?? NaN)) / 2, 0);
}
