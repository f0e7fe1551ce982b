/** Learning attributes with their uncertainty: the autoencoder alone, without labels, then all of it (paper 2, Eq. 2 and 3). */
import { randomStream, integerBelow } from '../../../src/core/random.ts';
import { type Attribute, BINS, type PerAttribute } from '../../../src/core/vad/attributes.ts';
import type { DerivedLabel } from '../../../src/core/vad/derived.ts';
import { add, mul } from '../../graph/elementwise.ts';
import { createGraph, type Value } from '../../graph/graph.ts';
import { encodeGraph } from '../../graph/model.ts';
import { trainingModel } from '../../graph/training.ts';
import { attributeAnswers, type AttributeServing, standardised } from '../../nets/attributes.ts';
import { dropout } from '../../nets/heads.ts';
import { decode, drawn, encode, regress } from '../../nets/vae.ts';
import { type AttributeLosses, autoencoderLoss, normalNoise, regressorLoss } from '../../nets/vae-losses.ts';
import type { Contract } from '../../contract.ts';
import type { Task } from './loop.ts';
import type { Schedule } from './schedule.ts';
import { epochOrder } from './targets.ts';

/** A clip as it is learned from. */
export interface AttributeExample {
  /** Embeddings of the clip as it is and varied; each step takes one by chance. */
  readonly looks: readonly Float32Array[];
  readonly derived: PerAttribute<DerivedLabel>;
}

/** What a network of attributes is trained with. */
export interface AttributeTraining extends Omit<AttributeServing, 'attributes' | 'learned'> {
  readonly attributes: readonly Attribute[];
  readonly losses: AttributeLosses;
  /** Weight of the divergence from the prior. */
  readonly prior: number;
  readonly width: number;
}

type Weights = ReadonlyMap<string, Float32Array>;

/** Where the rows' numbers lie, so that each counts the same: `input.mean` and `input.scale` of a network. */
export function standardisation(examples: readonly AttributeExample[], width: number): Map<string, Float32Array> {
  const rows = examples.flatMap(({ looks }) => looks);
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const row of rows)
    for (let j = 0; j < width; j++) {
      const x = row[j] ?? 0;
      mean[j] = (mean[j] ?? 0) + x / rows.length;
      square[j] = (square[j] ?? 0) + (x * x) / rows.length;
    }
  // A number that never changes says nothing, and is held at 0.
  const scale = square.map((x, j) => {
    const variance = x - (mean[j] ?? 0) ** 2;
    return variance > 1e-8 ? 1 / Math.sqrt(variance) : 0;
  });
  return new Map([
    ['input.mean', Float32Array.from(mean)],
    ['input.scale', Float32Array.from(scale)],
  ]);
}

/**
 * A stage of training.
 * @param start weights that are there already, `input.mean` and `input.scale` among them.
 * @param stage `unlabelled` looks at no label (Eq. 2); `labelled` is Eq. 3.
 */
export function attributeTask(
  examples: readonly AttributeExample[],
  stage: 'unlabelled' | 'labelled',
  start: Weights,
  schedule: Schedule,
  training: AttributeTraining,
): Task {
  const { network, attributes, losses, prior, width, seed } = training;
  const n = Math.min(schedule.batch, examples.length);
  const graph = createGraph({
    mode: 'train',
    seed,
    weights: start,
    frozen: (name) => name.startsWith('input.'),
  });
  const drop = (x: Value): Value => dropout(x, training.dropout);
  const x = standardised(graph.input('embedding', [n, width]));
  const bottleneck = encode(x, network, drop);
  const { mean, logVariance } = bottleneck;
  const latents = logVariance ? drawn({ mean, logVariance }, normalNoise(graph, mean.dims)) : mean;
  const terms: Value[] = [];
  if (network.autoencoder !== 'none') {
    const rebuilt = decode(latents, network, width, drop);
    const factor = stage === 'unlabelled' ? 1 : losses.alpha;
    if (factor > 0) terms.push(mul(autoencoderLoss(x, rebuilt, bottleneck, prior), factor));
  }
  if (stage === 'labelled') {
    const said = regress(latents, network, { attributes: attributes.length, bins: BINS }, drop);
    const target = {
      bins: losses.gamma > 0 ? graph.input('bins', [n, attributes.length * BINS]) : null,
      consensus: losses.beta > 0 ? graph.input('consensus', [n, attributes.length]) : null,
    };
    const loss = regressorLoss(said, target, losses, BINS);
    if (loss) terms.push(loss);
  }
  const [first, ...rest] = terms;
  if (!first) throw new RangeError("every weight of 'losses' is 0: nothing would be learned");
  const model = trainingModel(
    graph,
    rest.reduce((a, b) => add(a, b), first),
    {
      name: stage,
      weightDecay: schedule.weightDecay,
    },
  );
  const fed = new Set(model.inputs.map(({ name }) => name));
  const rowsAt = epochOrder(examples.length, n, [seed, stage, 'order']);
  return {
    name: stage,
    model,
    stepsPerEpoch: Math.floor(examples.length / n),
    judge: () => Promise.resolve({}),
    batch(epoch, step) {
      const rows = rowsAt(epoch, step).flatMap((i) => examples[i] ?? []);
      const random = randomStream(seed, stage, 'look', epoch, step);
      const embedding = new Float32Array(n * width);
      rows.forEach(({ looks }, i) => embedding.set(looks[integerBelow(random, looks.length)] ?? [], i * width));
      const feeds = {
        embedding: { data: embedding, dims: [n, width] },
        bins: {
          data: Float32Array.from(rows.flatMap(({ derived }) => attributes.flatMap((name) => derived[name].bins))),
          dims: [n, attributes.length * BINS],
        },
        consensus: {
          data: Float32Array.from(rows.flatMap(({ derived }) => attributes.map((name) => derived[name].consensus))),
          dims: [n, attributes.length],
        },
      };
      return Object.fromEntries(Object.entries(feeds).filter(([name]) => fed.has(name)));
    },
  };
}

/** Name of the network's input. */
export const EMBEDDING = 'embedding';

/**
 * The network that serves: `embedding` [n, width] in; `bins`, `uncertainty`, `consensus`, `low` and `high` out (docs/uncertainty.md).
 * @param factors of the intervals' widths, one an attribute.
 */
export function attributeModel(weights: Weights, factors: readonly number[], training: AttributeTraining): Uint8Array {
  const { attributes, losses, width } = training;
  const graph = createGraph({
    mode: 'serve',
    weights: new Map([...weights, ['interval.factor', Float32Array.from(factors)]]),
  });
  const { bins, ...answers } = attributeAnswers(graph.input(EMBEDDING, ['n', width]), {
    ...training,
    attributes: attributes.length,
    learned: { bins: losses.gamma > 0, consensus: losses.beta > 0 },
  });
  return encodeGraph(
    graph,
    { ...(bins && { bins }), ...answers },
    { name: 'attributes', metadata: { attributes: attributes.join(' '), labels: 'derived' } },
  );
}

/** What that network takes and gives. */
export function attributeContract({ attributes, losses, width }: AttributeTraining): Contract {
  const each = ['n', attributes.length] as const;
  return {
    inputs: { [EMBEDDING]: ['n', width] },
    outputs: {
      ...(losses.gamma > 0 && { bins: ['n', attributes.length, BINS] as const }),
      uncertainty: each,
      consensus: each,
      low: each,
      high: each,
    },
  };
}
