import { describe, expect, test } from 'vitest';
import { add } from '../../../models/graph/elementwise.ts';
import { createGraph, type Graph, type Value } from '../../../models/graph/graph.ts';
import { concat } from '../../../models/graph/layout.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { autoencoderLoss, normalNoise, regressorLoss } from '../../../models/nets/vae-losses.ts';
import { type AttributeNetwork, decode, drawn, encode, regress } from '../../../models/nets/vae.ts';
import { openNetwork } from '../../../models/runtime.ts';
import { BINS } from '../../../src/core/vad/attributes.ts';
import { randomStream } from '../../../src/core/random.ts';
import { gradientError } from '../graph/gradient-check.ts';

const tiny: AttributeNetwork = { encoder: [4], latent: 2, regressor: [3], autoencoder: 'variational' };
const plain = (x: Value): Value => x;
const WIDTH = 3;

describe('gradients agree with finite differences', () => {
  const noise = (graph: Graph) => graph.constant(Float32Array.of(0.5, -1, 1.2, 0.1, -0.3, 0.7), [3, 2]);

  test('from what is rebuilt and said through the draw to the input (Eq. 4)', async () => {
    const whole = (x?: Value): Value => {
      if (!x) throw new RangeError('an operand is missing');
      const { mean, logVariance } = encode(x, tiny, plain);
      if (!logVariance) throw new RangeError('it has a variance');
      const latents = drawn({ mean, logVariance }, noise(x.graph));
      const said = regress(latents, tiny, { attributes: 1, bins: BINS }, plain);
      return concat([decode(latents, tiny, WIDTH, plain), said.binLogits, said.consensus, mean, logVariance], 1);
    };
    expect(await gradientError([{ dims: [3, WIDTH] }], whole, { kinks: true })).toBeLessThan(2e-3);
  });

  test('of the losses of Eq. 1 and 3', async () => {
    const losses = (...operands: readonly Value[]): Value => {
      const [rebuilt, mean, logVariance, binLogits, consensus] = operands;
      if (!rebuilt || !mean || !logVariance || !binLogits || !consensus) throw new RangeError('an operand is missing');
      const { graph } = rebuilt;
      const target = {
        bins: graph.constant(new Float32Array(3 * BINS).fill(1 / BINS), [3, BINS]),
        consensus: graph.constant(Float32Array.of(0.3, -0.2, 0.9), [3, 1]),
      };
      const x = graph.constant(
        Float32Array.from({ length: 3 * WIDTH }, (_, i) => Math.sin(i)),
        [3, WIDTH],
      );
      const regression = regressorLoss({ binLogits, consensus }, target, { beta: 0.8, gamma: 2 }, BINS);
      if (!regression) throw new RangeError('no loss');
      return add(autoencoderLoss(x, rebuilt, { mean, logVariance }, 1), regression);
    };
    const sides = [WIDTH, 2, 2, BINS, 1].map((side) => ({ dims: [3, side] }));
    expect(await gradientError(sides, losses)).toBeLessThan(2e-3);
  });
});

describe('losses', () => {
  test('the divergence from the prior is 0 for the prior itself, and the error of a perfect copy is 0', async () => {
    const at = (mean: number, logVariance: number, rebuilt: number, prior = 1) =>
      scalar((graph) => {
        const row = (x: number): Value => graph.constant(Float32Array.of(x, x), [1, 2]);
        return autoencoderLoss(row(1), row(rebuilt), { mean: row(mean), logVariance: row(logVariance) }, prior);
      });
    expect(await at(0, 0, 1)).toBeCloseTo(0, 6);
    // KL(N(1, e) || N(0, 1)) = (e + 1 - 1 - 1) / 2 a latent, two latents by two numbers of input.
    expect(await at(1, 1, 1)).toBeCloseTo((Math.E - 1) / 2, 5);
    expect(await at(1, 1, 4, 0)).toBeCloseTo(4.5, 5);
  });

  test('Eq. 3 weighs 1 - CCC and KLD', async () => {
    const truth = [0.1, -0.4, 0.6];
    const loss = (beta: number, gamma: number) =>
      scalar((graph) => {
        const consensus = graph.constant(Float32Array.from(truth), [3, 1]);
        const even = graph.constant(new Float32Array(3 * BINS).fill(1 / BINS), [3, BINS]);
        const level = graph.constant(new Float32Array(3 * BINS), [3, BINS]);
        const said = { binLogits: level, consensus };
        const first = graph.constant(
          Float32Array.from({ length: 3 * BINS }, (_, i) => (i % BINS === 0 ? 1 : 0)),
          [3, BINS],
        );
        const value = regressorLoss(said, { bins: gamma > 1 ? first : even, consensus }, { beta, gamma }, BINS);
        if (!value) throw new RangeError('no loss');
        return value;
      });
    expect(await loss(0.8, 1)).toBeCloseTo(0, 5);
    expect(await loss(0, 2)).toBeCloseTo(2 * Math.log(BINS), 4);
  });

  test('noise in the graph is standard normal', async () => {
    const graph = createGraph({ mode: 'train' });
    const n = 20_000;
    const noise = normalNoise(graph, [n]);
    const random = randomStream(3, 'noise');
    const network = await openNetwork({
      name: 'noise',
      bytes: encodeGraph(graph, { noise }, { name: 'noise' }),
      contract: { inputs: { noise0: [n], noise1: [n] }, outputs: { noise: [n] } },
    });
    const uniform = () => ({ data: Float32Array.from({ length: n }, random), dims: [n] });
    const found = [...((await network.run({ noise0: uniform(), noise1: uniform() }))['noise']?.data ?? [])];
    await network.close();
    const mean = (power: number) => found.reduce((sum, x) => sum + x ** power, 0) / n;
    expect(mean(1)).toBeCloseTo(0, 1);
    expect(Math.abs(mean(2) - 1)).toBeLessThan(0.04);
    expect(Math.abs(mean(4) - 3)).toBeLessThan(0.3);
  });
});

describe('sizes', () => {
  test("the paper's sizes add up", () => {
    const paper: AttributeNetwork = {
      encoder: [512, 512],
      latent: 256,
      regressor: [128, 128, 128, 128],
      autoencoder: 'variational',
    };
    const size = (width: number, network: AttributeNetwork): number => {
      const graph = createGraph({ mode: 'train' });
      const { mean } = encode(graph.input('embedding', [2, width]), network, plain);
      decode(mean, network, width, plain);
      regress(mean, network, { attributes: 1, bins: BINS }, plain);
      return [...graph.parameters.values()].reduce((sum, { initial }) => sum + initial.length, 0);
    };
    // Sizes are a straight line in the width of the input, which the paper has 6,373 of.
    const whole = (network: AttributeNetwork): number =>
      size(1, network) + 6372 * (size(2, network) - size(1, network));
    // Section V-F counts 7,519,341: as many as with two layers a side, to 0.3 %; section IV-C has three.
    expect(Math.abs(whole(paper) / 7_519_341 - 1)).toBeLessThan(0.003);
  });
});

async function scalar(build: (graph: Graph) => Value): Promise<number> {
  const graph = createGraph({ mode: 'train' });
  // Constants alone need something that is fed.
  const value = build(graph);
  const fed = graph.input('zero', []);
  const loss = graph.node('Add', [value, fed], []);
  const network = await openNetwork({
    name: 'loss',
    bytes: encodeGraph(graph, { loss }, { name: 'loss' }),
    contract: { inputs: { zero: [] }, outputs: { loss: [] } },
  });
  try {
    return (await network.run({ zero: { data: Float32Array.of(0), dims: [] } }))['loss']?.data[0] ?? NaN;
  } finally {
    await network.close();
  }
}
