/**
 * Serving attributes with their uncertainty (paper 2, section IV.B): one run draws many times from the latents, averages the
 * soft labels, and gives their entropy. The encoder runs once; only what follows the draw is repeated.
 */
import { BIN_CENTRES, BINS } from '../../src/core/vad/attributes.ts';
import { fixedNormals } from '../../src/core/vad/fixed-normals.ts';
import { randomStream } from '../../src/core/random.ts';
import { add, log, mul, neg, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { fixedSide, reshape } from '../graph/layout.ts';
import { mean, softmax, sum } from '../graph/reduce.ts';
import { zeros } from '../graph/normalise.ts';
import { type AttributeNetwork, drawn, type Dropping, encode, regress } from './vae.ts';

/** How a network of attributes serves. */
export interface AttributeServing {
  readonly network: AttributeNetwork;
  /** How many it knows. */
  readonly attributes: number;
  /** What is random from draw to draw: the latents, dropout in hidden layers, or nothing. */
  readonly sampling: 'latent' | 'dropout' | 'none';
  readonly draws: number;
  /** Chance of dropout, for `dropout`. */
  readonly dropout: number;
  /** Whether soft labels were learned, and consensus: what was not is worked out from the other. */
  readonly learned: { readonly bins: boolean; readonly consensus: boolean };
  /** Of the fixed draws. */
  readonly seed: number;
}

/** What is said of each row, [n, attributes], `bins` [n, attributes, 7]. */
export interface AttributeAnswers {
  /** Averaged soft label; null where none was learned. */
  readonly bins: Value | null;
  /** Entropy of `bins` in nats; without soft labels the standard deviation of the consensus over draws. */
  readonly uncertainty: Value;
  /** Mean consensus, on [-1, 1]. */
  readonly consensus: Value;
  /** Ends of the interval: `interval.factor` times the spread to either side, within [-1, 1]. */
  readonly low: Value;
  readonly high: Value;
}

/** Standardised embeddings: less the mean of those that were learned from, over their deviation. */
export function standardised(embedding: Value): Value {
  const width = fixedSide(embedding, 1);
  const { graph } = embedding;
  const centre = graph.parameter('input.mean', [width], zeros);
  return mul(sub(embedding, centre), graph.parameter('input.scale', [width], zeros));
}

/**
 * The answers for embeddings [n, width], of a graph that serves.
 * @example const { uncertainty } = attributeAnswers(graph.input('embedding', ['n', 192]), serving);
 */
export function attributeAnswers(embedding: Value, serving: AttributeServing): AttributeAnswers {
  const { network, attributes, sampling, learned } = serving;
  const { graph } = embedding;
  const dropping = sampling === 'dropout' ? fixedDropout(graph, serving) : (x: Value): Value => x;
  const plain = (x: Value): Value => x;
  // Dropout in the encoder would repeat it: the paper's AE-MCD has it behind the bottleneck.
  const latents = sampled(encode(standardised(embedding), network, plain), serving);
  const said = regress(latents, network, { attributes, bins: BINS }, dropping);
  const draws = sampling === 'none' ? 1 : serving.draws;
  const perDraw = softmax(reshape(said.binLogits, ['n', draws, attributes, BINS]), 3);
  const averaged = mean(perDraw, { axes: [1] });
  const centres = graph.constant(Float32Array.from(BIN_CENTRES), [BINS]);
  const binned = sum(mul(averaged, centres), { axes: [2] });
  const each = learned.consensus
    ? reshape(said.consensus, ['n', draws, attributes])
    : sum(mul(perDraw, centres), { axes: [3] });
  const consensus = mean(each, { axes: [1] });
  const apart = deviation(each, 1);
  const spread = learned.bins
    ? sqrt(add(sub(sum(mul(averaged, square(centres)), { axes: [2] }), square(binned)), 1e-6))
    : add(apart, 1e-3);
  const half = mul(spread, graph.parameter('interval.factor', [attributes], zeros));
  return {
    bins: learned.bins ? averaged : null,
    uncertainty: learned.bins ? entropy(averaged, 2) : apart,
    consensus: within(consensus),
    low: within(sub(consensus, half)),
    high: within(add(consensus, half)),
  };
}

function sampled(bottleneck: ReturnType<typeof encode>, { sampling, draws, network, seed }: AttributeServing): Value {
  const { mean: centre, logVariance } = bottleneck;
  if (sampling !== 'latent' || !logVariance) return centre;
  const { latent } = network;
  const noise = centre.graph.constant(fixedNormals(draws, latent, randomStream(seed, 'draws')), [draws, latent]);
  const open = (x: Value): Value => reshape(x, ['n', 1, latent]);
  return drawn({ mean: open(centre), logVariance: open(logVariance) }, noise);
}

/** Masks that are chosen once, one for each draw and hidden layer. */
function fixedDropout(graph: Graph, { draws, dropout, seed }: AttributeServing): Dropping {
  return (x, layer) => {
    const width = fixedSide(x, x.dims.length - 1);
    const random = randomStream(seed, 'dropout', layer);
    const masks = Float32Array.from({ length: draws * width }, () => (random() < dropout ? 0 : 1 / (1 - dropout)));
    const each = x.dims.length === 2 ? reshape(x, ['n', 1, width]) : x;
    return mul(each, graph.constant(masks, [draws, width]));
  };
}

function deviation(x: Value, axis: number): Value {
  const over = { axes: [axis], keep: true };
  return sqrt(mean(square(sub(x, mean(x, over))), { axes: [axis] }));
}

/** In nats; a share of nothing counts as 1e-9. */
function entropy(shares: Value, axis: number): Value {
  return neg(sum(mul(shares, log(add(shares, 1e-9))), { axes: [axis] }));
}

/** Held within [-1, 1]. */
function within(x: Value): Value {
  const bound = (value: number): Value => x.graph.constant(Float32Array.of(value), []);
  return x.graph.node('Clip', [x, bound(-1), bound(1)], x.dims);
}
