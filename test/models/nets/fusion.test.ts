import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createGraph, type Graph, type Value } from '../../../models/graph/graph.ts';
import { concat } from '../../../models/graph/layout.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { branchHeads, voiceBranch } from '../../../models/nets/branch.ts';
import { fusionNetwork, type FusionNetwork } from '../../../models/nets/fusion.ts';
import { openNetwork, type Network } from '../../../models/runtime.ts';
import { fusionConfig } from '../../../models/toolkit/train/fusion-config.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { gradientError } from '../graph/gradient-check.ts';

const tiny: FusionNetwork = {
  width: 4,
  heads: 2,
  dropout: 0,
  voice: { halves: ['voice', 'av'], layers: 1 },
  face: { halves: ['face', 'av'], layers: 1, channels: 3, kernel: 3 },
  shared: { layers: 1, attention: 'each' },
};
const STEPS = 3;
const WIDTH = { voice: 2, face: 3 };
const LABELS = 3;
const ATTENTIONS = ['each', 'together'] as const;

describe('gradients of the audio-visual network agree with finite differences', () => {
  test.each(ATTENTIONS)('shared layers take sequences %s', async (attention) => {
    const least: FusionNetwork = {
      ...tiny,
      width: 4,
      heads: 2,
      voice: { halves: ['av'], layers: 0 },
      face: { halves: ['av'], layers: 1, channels: 2, kernel: 3 },
      shared: { layers: 1, attention },
    };
    const masks = (graph: Graph) => ({
      voiceMask: graph.constant(Float32Array.of(1, 1, 1, 0, 0, 0, 1, 1, 1), [3, 3]),
      faceMask: graph.constant(Float32Array.of(1, 0, 1, 1, 1, 1), [3, 2]),
    });
    const both = (voice?: Value, face?: Value): Value => {
      if (!voice || !face) throw new RangeError('an operand is missing');
      const { shareLogits, presenceLogits } = fusionNetwork({ voice, face, ...masks(voice.graph) }, least, LABELS);
      return concat([shareLogits, presenceLogits], 1);
    };
    expect(await gradientError([{ dims: [3, 3, 2] }, { dims: [3, 2, 3] }], both, { kinks: true })).toBeLessThan(2e-3);
  });

  test('a voice branch that weighs the layers of its encoder, alone', async () => {
    const size = { width: 4, heads: 2, dropout: 0, layers: 1 };
    const alone = (voice?: Value): Value => {
      if (!voice) throw new RangeError('an operand is missing');
      const branch = voiceBranch(voice, 'voice.av', size, undefined);
      const { shareLogits, presenceLogits } = branchHeads(branch, 'voice.av', 0, LABELS, undefined);
      return concat([shareLogits, presenceLogits], 1);
    };
    expect(await gradientError([{ dims: [2, 3, 2, 2] }], alone, { kinks: true })).toBeLessThan(2e-3);
  });
});

describe.each(ATTENTIONS)('masks, shared layers %s', (attention) => {
  const number = fc.float({ min: -8, max: 8, noNaN: true });
  const numbers = (length: number) => fc.array(number, { minLength: length, maxLength: length });

  test('numbers in padding never change the answer, nor does more padding', async () => {
    const network = await served(attention);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          numbers(64),
          async (n, more, x) => {
            const voice = x.slice(0, STEPS * WIDTH.voice);
            const looks = x.slice(8, 8 + n * WIDTH.face);
            const padding = x.slice(40, 40 + more * WIDTH.face);
            const bare = await ask(network, { voice, looks, padding: [] });
            expect(await ask(network, { voice, looks, padding })).toEqual(
              bare.map((y): unknown => expect.closeTo(y, 4)),
            );
          },
        ),
        { numRuns: 40 },
      );
    } finally {
      await network.close();
    }
  });

  test('a modality that is masked is one that was never there', async () => {
    const network = await served(attention);
    try {
      await fc.assert(
        fc.asyncProperty(numbers(STEPS * WIDTH.voice), numbers(2 * WIDTH.face), async (voice, looks) => {
          const heard = await ask(network, { voice, looks: [], padding: looks });
          expect(heard).toEqual(await ask(network, { voice, looks: [], padding: looks.map(() => 0) }));
          const seen = await ask(network, { voice, voiceIsThere: false, looks, padding: [] });
          const nothing = voice.map(() => 0);
          expect(seen).toEqual(await ask(network, { voice: nothing, voiceIsThere: false, looks, padding: [] }));
        }),
        { numRuns: 40 },
      );
    } finally {
      await network.close();
    }
  });

  test('rows do not know of one another, and nothing at all is answered with zeros', async () => {
    const network = await served(attention);
    try {
      const nothing = { voice: [9, 9, 9, 9, 9, 9], voiceIsThere: false, looks: [], padding: [9, 9, 9] };
      expect((await ask(network, nothing)).map(Math.abs)).toEqual(Array<number>(2 * LABELS).fill(0));
    } finally {
      await network.close();
    }
  });
});

describe("the paper's sizes", () => {
  test('build, and have as many parameters as the layers add up to', async () => {
    const config = fusionConfig.parse(JSON.parse(await readFile('models/configs/fusion-paper.json', 'utf8')));
    const proposed = config.systems.find(({ name }) => name === '12');
    const { width, voice, face, shared } = config.network;
    const { layers, steps, voiceWidth, frames, faceWidth } = config.shape;
    const graph = createGraph({ mode: 'train', frozen: (name) => /layer|conv/.test(name) });
    expect(proposed).toBeDefined();
    fusionNetwork(
      {
        voice: graph.input('voice', [32, layers, steps, voiceWidth]),
        voiceMask: graph.input('voiceMask', [32, steps]),
        face: graph.input('face', [32, frames, faceWidth]),
        faceMask: graph.input('faceMask', [32, frames]),
      },
      {
        ...config.network,
        voice: { ...voice, halves: proposed?.voice ?? [] },
        face: { ...face, halves: proposed?.face ?? [] },
      },
      config.labels.length,
    );
    const all = [...graph.contents.initializers].filter(({ name }) => name.includes('.'));
    const sizes = [...all.map(({ dims }) => dims), ...[...graph.parameters.values()].map(({ value }) => value.dims)];
    const total = sizes.reduce(
      (sum, dims) => sum + dims.reduce<number>((product, side) => product * Number(side), 1),
      0,
    );

    const linear = (inputs: number, outputs: number): number => inputs * outputs + outputs;
    const layer = 4 * linear(width, width) + linear(width, 4 * width) + linear(4 * width, width) + 4 * width;
    const voiceHalf = layers + linear(voiceWidth, width) + voice.layers * layer;
    const conv = face.kernel * faceWidth * face.channels + face.channels;
    const faceHalf = conv + linear(face.channels, width) + face.layers * layer;
    const pool = 2 * width + linear(width, width / 4) + linear(width / 4, 1);
    const head = (parts: number): number => linear(parts * 2 * width, width) + 2 * linear(width, 6);
    expect(total).toBe(2 * voiceHalf + 2 * faceHalf + shared.layers * layer + 4 * pool + head(4) + 2 * head(2));
    expect(Math.round(total / 1e6)).toBe(59);
  });
});

interface Row {
  readonly voice: readonly number[];
  readonly voiceIsThere?: boolean;
  readonly looks: readonly number[];
  readonly padding: readonly number[];
}

/** Both heads of one row, which stands between two others. */
async function ask(network: Network, { voice, voiceIsThere = true, looks, padding }: Row): Promise<readonly number[]> {
  const frames = (looks.length + padding.length) / WIDTH.face;
  const there = looks.length / WIDTH.face;
  const tensor = (values: readonly number[], ...dims: readonly number[]) => {
    const other = values.map((_, i) => Math.sin(i));
    return { data: Float32Array.from([...other, ...values, ...other]), dims: [3, ...dims] };
  };
  const mask = Array.from({ length: frames }, (_, i) => (i < there ? 1 : 0));
  const ones = (length: number, ...dims: readonly number[]) => tensor(Array<number>(length).fill(1), ...dims);
  const middle = (values: readonly number[], length: number) => {
    const { data, dims } = ones(length, length);
    data.set(values, length);
    return { data, dims };
  };
  const found = await network.run({
    voice: tensor(voice, STEPS, WIDTH.voice),
    voiceMask: middle(Array<number>(STEPS).fill(voiceIsThere ? 1 : 0), STEPS),
    face: tensor([...looks, ...padding], frames, WIDTH.face),
    faceMask: middle(mask, frames),
  });
  return ['shareLogits', 'presenceLogits'].flatMap((name) => [...(found[name]?.data.slice(LABELS, 2 * LABELS) ?? [])]);
}

/** A network of random weights that serves. */
async function served(attention: 'each' | 'together'): Promise<Network> {
  const network = { ...tiny, shared: { layers: 1, attention } };
  const inputs = (graph: Graph, n: number | 'n', frames: number | 'frames') => ({
    voice: graph.input('voice', [n, STEPS, WIDTH.voice]),
    voiceMask: graph.input('voiceMask', [n, STEPS]),
    face: graph.input('face', [n, frames, WIDTH.face]),
    faceMask: graph.input('faceMask', [n, frames]),
  });
  const fresh = createGraph({ mode: 'train' });
  fusionNetwork(inputs(fresh, 1, 1), network, LABELS);
  const weights = new Map(
    [...fresh.parameters].map(([name, { initial }]) => {
      const random = randomStream('weights', name);
      return [name, initial.map((x) => x + 0.3 * gaussian(random))];
    }),
  );
  const graph = createGraph({ mode: 'serve', weights });
  const { shareLogits, presenceLogits } = fusionNetwork(inputs(graph, 'n', 'frames'), network, LABELS);
  return openNetwork({
    name: 'fusion',
    bytes: encodeGraph(graph, { shareLogits, presenceLogits }, { name: 'fusion' }),
    contract: {
      inputs: {
        voice: ['n', STEPS, WIDTH.voice],
        voiceMask: ['n', STEPS],
        face: ['n', 'frames', WIDTH.face],
        faceMask: ['n', 'frames'],
      },
      outputs: { shareLogits: ['n', LABELS], presenceLogits: ['n', LABELS] },
    },
  });
}
