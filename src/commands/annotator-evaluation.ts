/** How well networks of annotators tell single raters and the distribution that these make, on clips they never saw. */
import { openAnnotators, type Scores } from '../../models/toolkit/train/annotator-system.ts';
import { annotatorTraining } from '../../models/toolkit/train/annotator-config.ts';
import type { Variant } from '../../models/toolkit/train/annotator-task.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { gridConsensus } from '../core/annotators/consensus.ts';
import { type LearnedRater, type Recovery, recovery } from '../core/annotators/recovery.ts';
import { raterPool } from '../core/annotators/simulate.ts';
import { truthGrid, upsampled } from '../core/annotators/upsample.ts';
import { type Point, softHistogram2d } from '../core/kde/histogram.ts';
import { density, gridOf } from '../core/kde/kde2d.ts';
import { bootstrap, type Interval } from '../core/metrics/bootstrap.ts';
import { concordanceTally } from '../core/metrics/concordance.ts';
import { mean } from '../core/metrics/per-label.ts';
import { divergenceTally } from '../core/metrics/divergences.ts';
import { subsetTTest } from '../core/metrics/t-test.ts';
import { byGroup, join, reread, type Tally, total } from '../core/metrics/tally.ts';
import { randomStream } from '../core/random.ts';
import type { AnnotatedClip } from './annotator-clips.ts';
import { learnedRaters } from './annotator-raters.ts';
import { readVariant, type TrainedAnnotators } from './annotator-training.ts';

/** A figure and its 95 % interval over clips. */
export interface Figure {
  readonly value: number;
  readonly interval: Interval | null;
}

/** How predictions became a distribution, and of which raters. */
export type Way = 'DiffKDE' | 'KDE' | 'DiffKDE, any raters' | 'directly';

/** One row of the table. */
export interface AnnotatorRow {
  readonly variant: Variant;
  readonly way: Way;
  /** Between the predicted and the true distribution; smaller is better. */
  readonly tvd: Figure;
  readonly jsd: Figure;
  /** Of the consensus of the distribution with the mean of the ratings. */
  readonly valenceCcc: Figure;
  readonly arousalCcc: Figure;
  /** Two-tailed p of the paired test of TVD against the direct baseline over 40 subsets; null for itself or without it. */
  readonly pAgainstDirect: number | null;
}

/** Agreement with single ratings. */
export interface RatingAgreement {
  readonly variant: Variant;
  readonly valenceCcc: Figure;
  readonly arousalCcc: Figure;
}

/** What an evaluation found. */
export interface AnnotatorEvaluation {
  /** `derived` where raters are simulated and their scores follow from votes; `rated` where they are real. */
  readonly labels: 'derived' | 'rated';
  readonly clips: number;
  readonly raters: number;
  readonly ratings: number;
  /** Ratings by raters who are not among those learned. */
  readonly unknown: number;
  readonly rows: readonly AnnotatorRow[];
  readonly agreement: readonly RatingAgreement[];
  /** For simulated raters. */
  readonly recovery?: Recovery & { readonly variant: Variant; readonly learned: readonly LearnedRater[] };
}

/** What is needed to evaluate. */
export interface JudgingOptions {
  readonly folder: string;
  readonly network: NetworkOptions;
  readonly signal: AbortSignal;
  /** Default 1000. */
  readonly resamples?: number;
  readonly onClip?: () => void;
}

const SUBSETS = 40;

/**
 * Judge every variant of a run.
 * @returns null when the signal aborted.
 */
export async function judgeAnnotators(
  trained: TrainedAnnotators,
  given: readonly AnnotatedClip[],
  options: JudgingOptions,
): Promise<AnnotatorEvaluation | null> {
  const { config, raters } = trained;
  const training = annotatorTraining(config, raters.length);
  const numbers = new Map(raters.map((rater, i) => [rater, i]));
  const known = given.map((clip) => ({ ...clip, ratings: clip.ratings.filter(({ rater }) => numbers.has(rater)) }));
  const clips = known.filter(({ ratings }) => ratings.length > 0);
  const count = (list: readonly AnnotatedClip[]): number => list.reduce((sum, { ratings }) => sum + ratings.length, 0);
  const own = clips.map(({ ratings }) => ratings.map(({ rater }) => numbers.get(rater) ?? 0));
  const embeddings = clips.map(({ embedding }) => embedding);

  const judged: { readonly variant: Variant; readonly way: Way; readonly grids: readonly ArrayLike<number>[] }[] = [];
  const agreement: RatingAgreement[] = [];
  let recovered: AnnotatorEvaluation['recovery'];
  for (const variant of config.variants) {
    const network = await openAnnotators(
      await readVariant(options.folder, variant),
      variant,
      training,
      options.network,
    );
    try {
      if (variant === 'direct') {
        judged.push({ variant, way: 'directly', grids: await network.grids(embeddings) });
        continue;
      }
      const scores = await network.scores(embeddings, own);
      const anyone = await network.scores(embeddings, panels(clips, trained));
      const ways = await distributions(clips, scores, anyone, config, options);
      if (!ways) return null;
      for (const [way, grids] of ways) judged.push({ variant, way, grids });
      agreement.push(ratingAgreement(variant, clips, scores, options));
      if (config.simulate && !recovered) {
        const learned = await learnedRaters(network, clips, scores, trained);
        const random = randomStream(config.seed, 'recovery');
        recovered = { ...recovery(raterPool(config.simulate), learned, { ...options, random }), variant, learned };
      }
    } finally {
      await network.close();
    }
  }
  const tallies = judged.map((one) => ({ ...one, tally: gridTally(clips, one.grids) }));
  const baseline = tallies.find(({ variant }) => variant === 'direct');
  const rows = tallies.map(({ variant, way, tally }): AnnotatorRow => {
    const tested = baseline && variant !== 'direct' && clips.length >= SUBSETS;
    return {
      variant,
      way,
      ...figuresOf(tally, options),
      pAgainstDirect: tested
        ? subsetTTest(tvdOf(tally), tvdOf(baseline.tally), { random: randomStream('t-test'), subsets: SUBSETS }).p
        : null,
    };
  });
  return {
    labels: config.simulate ? 'derived' : 'rated',
    clips: clips.length,
    raters: raters.length,
    ratings: count(clips),
    unknown: count(given) - count(clips),
    rows,
    agreement,
    ...(recovered && { recovery: recovered }),
  };
}

/**
 * For each clip as many raters as rated it, drawn from all by how much they rate: what can be said of a clip that nobody has
 * rated. Paper 4, section 4.3 takes all raters; their subsets would be closer to the mean than those of a few.
 */
function panels(clips: readonly AnnotatedClip[], { ratings: activity, config }: TrainedAnnotators): number[][] {
  return clips.map(({ id, ratings }) => {
    const random = randomStream(config.seed, 'panel', id);
    return activity
      .map((rated, rater) => ({ rater, key: Math.log(1 - random()) / Math.max(1, rated) }))
      .toSorted((a, b) => b.key - a.key)
      .slice(0, ratings.length)
      .map(({ rater }) => rater);
  });
}

async function distributions(
  clips: readonly AnnotatedClip[],
  own: readonly Scores[],
  anyone: readonly Scores[],
  config: TrainedAnnotators['config'],
  { signal, onClip }: JudgingOptions,
): Promise<readonly (readonly [Way, readonly ArrayLike<number>[]])[] | null> {
  const ways: Record<Exclude<Way, 'directly'>, ArrayLike<number>[]> = {
    DiffKDE: [],
    KDE: [],
    'DiffKDE, any raters': [],
  };
  for (const [i, { id }] of clips.entries()) {
    if (signal.aborted) return null;
    const points = (scores: Scores = []): readonly Point[] => scores.map(({ valence, arousal }) => [valence, arousal]);
    const random = () => randomStream(config.seed, 'predicted', id);
    // As many points as the truth is made of: the bandwidth depends on their number.
    const soft = (scores: Scores | undefined): ArrayLike<number> =>
      gridOf(density(softHistogram2d(upsampled(points(scores), { random: random(), ...config.truth }), config.kde)));
    ways.DiffKDE.push(soft(own[i]));
    ways.KDE.push(truthGrid(points(own[i]), { random: random(), ...config.truth }));
    ways['DiffKDE, any raters'].push(soft(anyone[i]));
    onClip?.();
    await new Promise((resolved) => setImmediate(resolved));
  }
  return Object.entries(ways) as [Way, ArrayLike<number>[]][];
}

interface GridFigures {
  readonly tvd: number;
  readonly jsd: number;
  readonly valenceCcc: number;
  readonly arousalCcc: number;
}

function gridTally(clips: readonly AnnotatedClip[], grids: readonly ArrayLike<number>[]): Tally<GridFigures> {
  const consensus = grids.map(gridConsensus);
  const ccc = (part: 'valence' | 'arousal'): Tally<number> =>
    concordanceTally(
      clips.map(({ ratings }) => mean(ratings.map((rating) => rating[part]))),
      consensus.map((each) => each[part]),
    );
  const joined = join({
    distribution: divergenceTally(
      clips.map(({ grid }) => normalised(grid)),
      grids.map(normalised),
    ),
    valenceCcc: ccc('valence'),
    arousalCcc: ccc('arousal'),
  });
  return reread(joined, ({ distribution: { tvd, jsd }, valenceCcc, arousalCcc }) => ({
    tvd,
    jsd,
    valenceCcc,
    arousalCcc,
  }));
}

function ratingAgreement(
  variant: Variant,
  clips: readonly AnnotatedClip[],
  scores: readonly Scores[],
  options: JudgingOptions,
): RatingAgreement {
  const groups = clips.flatMap(({ ratings }, i) => ratings.map(() => i));
  const ccc = (part: 'valence' | 'arousal'): Tally<number> =>
    concordanceTally(
      clips.flatMap(({ ratings }) => ratings.map((rating) => rating[part])),
      scores.flatMap((list) => list.map((score) => score[part])),
    );
  // Ratings of one clip are drawn together: they are not independent.
  const tally = byGroup(join({ valenceCcc: ccc('valence'), arousalCcc: ccc('arousal') }), groups);
  return { variant, ...figuresOf(tally, options) };
}

function figuresOf<Name extends string>(
  tally: Tally<Readonly<Record<Name, number>>>,
  { resamples = 1000 }: JudgingOptions,
): Record<Name, Figure> {
  const values = total(tally);
  const intervals = bootstrap(tally, { random: randomStream('intervals'), resamples });
  return Object.fromEntries(
    (Object.keys(values) as Name[]).map((name) => [name, { value: values[name], interval: intervals[name] }]),
  ) as Record<Name, Figure>;
}

function tvdOf(tally: Tally<GridFigures>): Tally<number> {
  return reread(tally, ({ tvd }) => tvd);
}

/** Shares of 32 bits do not sum to 1 exactly. */
function normalised(grid: ArrayLike<number>): readonly number[] {
  const shares = Array.from(grid);
  const sum = shares.reduce((all, share) => all + share, 0);
  return shares.map((share) => share / sum);
}
