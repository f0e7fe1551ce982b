/** Learning single raters and the distribution that they make, by turns (paper 4, section 3.3), or the distribution alone. */
import { subsetShares } from '../../../src/core/annotators/upsample.ts';
import { GRID } from '../../../src/core/kde/kde2d.ts';
import { permutation, type Random, randomStream } from '../../../src/core/random.ts';
import { add, mul, neg, sub } from '../../graph/elementwise.ts';
import { createGraph, type Graph, type Value } from '../../graph/graph.ts';
import { encodeGraph } from '../../graph/model.ts';
import { softmax } from '../../graph/reduce.ts';
import { trainingModel } from '../../graph/training.ts';
import { distributionLoss, ratingLoss } from '../../nets/annotator-losses.ts';
import { annotatorScores, gridLogits } from '../../nets/annotators.ts';
import { softCrossEntropy } from '../../nets/losses.ts';
import type { TensorData } from '../../runtime.ts';
import type { Contract } from '../../contract.ts';
import type { Task } from './loop.ts';
import type { Schedule } from './schedule.ts';
import { epochOrder } from './targets.ts';

/** A clip as it is learned from. */
export interface AnnotatorExample {
  readonly embedding: Float32Array;
  /** Who rated it, by number, and what they scored on [-1, 1]. At least one. */
  readonly ratings: readonly { readonly rater: number; readonly valence: number; readonly arousal: number }[];
  /** The distribution of its ratings: 16 shares. */
  readonly grid: Float32Array;
}

/** What is learned: both tasks by turns with a head a rater or with one-hot raters, task 1 alone, or the grid directly. */
export const VARIANTS = ['heads', 'heads-task-1', 'one-hot', 'direct'] as const;
/** One of them. */
export type Variant = (typeof VARIANTS)[number];

/** What annotators are trained with. */
export interface AnnotatorTraining {
  readonly seed: number;
  /** Raters that there are. */
  readonly raters: number;
  /** Numbers of an embedding. */
  readonly embedding: number;
  /** Most ratings of a clip that one step looks at; of more, each step draws some. */
  readonly slots: number;
  readonly network: { readonly width: number; readonly dropout: number };
  /** Points that predictions are upsampled to, and the soft histogram of them. */
  readonly kde: { readonly upsamples: number; readonly bins: number; readonly sigma: number };
}

type Weights = ReadonlyMap<string, Float32Array>;

/**
 * The training step of a variant. Even steps learn ratings, odd ones distributions.
 * @param examples at least one.
 */
export function annotatorTask(
  examples: readonly AnnotatorExample[],
  variant: Variant,
  schedule: Schedule,
  training: AnnotatorTraining,
): Task {
  const { seed } = training;
  const n = Math.min(schedule.batch, examples.length);
  const graph = createGraph({ mode: 'train', seed });
  const model = trainingModel(graph, lossOf(graph, n, variant, training), {
    name: variant,
    weightDecay: schedule.weightDecay,
  });
  const fed = new Set(model.inputs.map(({ name }) => name));
  const rowsAt = epochOrder(examples.length, n, [seed, variant, 'order']);
  return {
    name: variant,
    model,
    stepsPerEpoch: Math.floor(examples.length / n),
    judge: () => Promise.resolve({}),
    batch(epoch, step) {
      const rows = rowsAt(epoch, step).flatMap((i) => examples[i] ?? []);
      const random = randomStream(seed, variant, 'draw', epoch, step);
      const feeds = {
        ...annotatorFeeds(rows, training, random),
        // Drawing subsets takes longer than a step of a small network.
        ...(fed.has('shares') && upsamplingFeeds(rows, training, random)),
        turn: { data: Float32Array.of(step % 2), dims: [] },
      };
      return Object.fromEntries(Object.entries(feeds).filter(([key]) => fed.has(key)));
    },
  };
}

function lossOf(graph: Graph, n: number, variant: Variant, training: AnnotatorTraining): Value {
  const { slots, network, kde, raters } = training;
  const embedding = graph.input('embedding', [n, training.embedding]);
  const grid = (): Value => graph.input('grid', [n, GRID * GRID]);
  if (variant === 'direct') return softCrossEntropy(gridLogits(embedding, network), grid());
  const scores = annotatorScores(embedding, graph.input('raters', [n, slots], 'int64'), {
    kind: variant === 'one-hot' ? 'one-hot' : 'heads',
    raters,
    ...network,
  });
  const mask = graph.input('mask', [n, slots]);
  const given = { valence: graph.input('valence', [n, slots]), arousal: graph.input('arousal', [n, slots]) };
  const first = ratingLoss(scores, given, mask);
  if (variant === 'heads-task-1') return first;
  const upsampling = {
    shares: graph.input('shares', [n, kde.upsamples, slots]),
    noise: graph.input('noise', [n, 2 * kde.upsamples]),
  };
  const second = distributionLoss(scores, mask, upsampling, grid(), kde);
  const turn = graph.input('turn', []);
  return add(mul(first, neg(sub(turn, 1))), mul(second, turn));
}

function zeros(...dims: readonly number[]): TensorData<Float32Array> {
  return { data: new Float32Array(dims.reduce((product, side) => product * side, 1)), dims };
}

/** A batch as the graph takes it: ratings and distributions. */
function annotatorFeeds(
  rows: readonly AnnotatorExample[],
  { slots, embedding }: AnnotatorTraining,
  random: Random,
): Record<string, TensorData> {
  const n = rows.length;
  const raters = new BigInt64Array(n * slots);
  const feeds = {
    embedding: zeros(n, embedding),
    grid: zeros(n, GRID * GRID),
    mask: zeros(n, slots),
    valence: zeros(n, slots),
    arousal: zeros(n, slots),
  };
  rows.forEach((row, i) => {
    feeds.embedding.data.set(row.embedding, i * embedding);
    feeds.grid.data.set(row.grid, i * GRID * GRID);
    const chosen = permutation(random, row.ratings.length)
      .slice(0, slots)
      .flatMap((at) => row.ratings[at] ?? []);
    chosen.forEach(({ rater, valence, arousal }, slot) => {
      raters[i * slots + slot] = BigInt(rater);
      feeds.mask.data[i * slots + slot] = 1;
      feeds.valence.data[i * slots + slot] = valence;
      feeds.arousal.data[i * slots + slot] = arousal;
    });
  });
  return { ...feeds, raters: { data: raters, dims: [n, slots] } };
}

/** How the predictions of a batch are upsampled. */
function upsamplingFeeds(
  rows: readonly AnnotatorExample[],
  { slots, kde: { upsamples } }: AnnotatorTraining,
  random: Random,
): Record<string, TensorData> {
  const shares = zeros(rows.length, upsamples, slots);
  const noise = zeros(rows.length, 2 * upsamples);
  noise.data.forEach((_, at) => {
    noise.data[at] = random() - 0.5;
  });
  rows.forEach(({ ratings }, i) => {
    const rated = Math.min(ratings.length, slots);
    for (let point = 0; point < upsamples; point++)
      shares.data.set(subsetShares(rated, random), (i * upsamples + point) * slots);
  });
  return { shares, noise };
}

/** What a variant's network takes and gives, as `annotatorModel` writes it. */
export function annotatorContract(
  variant: Variant,
  { embedding, slots }: Pick<AnnotatorTraining, 'embedding' | 'slots'>,
): Contract {
  if (variant === 'direct') return { inputs: { embedding: ['n', embedding] }, outputs: { grid: ['n', GRID * GRID] } };
  return {
    inputs: { embedding: ['n', embedding], raters: ['n', slots] },
    outputs: { valence: ['n', slots], arousal: ['n', slots] },
  };
}

/**
 * The network that serves, ONNX. `direct`: `embedding` to `grid` [n, 16]; the others: `embedding` and `raters` (int64
 * [n, slots]) to `valence` and `arousal` [n, slots].
 */
export function annotatorModel(
  weights: Weights,
  variant: Variant,
  { raters, embedding: width, slots, network }: AnnotatorTraining,
): Uint8Array {
  const graph = createGraph({ mode: 'serve', weights });
  const embedding = graph.input('embedding', ['n', width]);
  if (variant === 'direct')
    return encodeGraph(graph, { grid: softmax(gridLogits(embedding, network), 1) }, { name: variant });
  const kind = variant === 'one-hot' ? 'one-hot' : 'heads';
  const asked = graph.input('raters', ['n', slots], 'int64');
  return encodeGraph(graph, { ...annotatorScores(embedding, asked, { kind, raters, ...network }) }, { name: variant });
}
