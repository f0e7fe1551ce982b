/** The network that is trained and the one that is served are one definition: so are their answers. */
import { describe, expect, it } from 'vitest';
import { createGraph, type Value } from '../../../../models/graph/graph.ts';
import { encodeGraph } from '../../../../models/graph/model.ts';
import { mean } from '../../../../models/graph/reduce.ts';
import { SCALARS, STATE, trainingModel, weightsOf } from '../../../../models/graph/training.ts';
import { faceNetwork } from '../../../../models/nets/face.ts';
import type { Heads } from '../../../../models/nets/heads.ts';
import { voiceNetwork } from '../../../../models/nets/voice.ts';
import { openNetwork, type TensorData } from '../../../../models/runtime.ts';
import { gaussian, randomStream } from '../../../../src/core/random.ts';

const N = 6;
const LABELS = 3;

const networks: readonly (readonly [string, readonly number[], (x: Value) => Heads])[] = [
  ['face', [1, 24, 24], (x) => faceNetwork(x, { stem: 4, channels: [6, 8], blocks: [2, 1], dropout: 0 }, LABELS)],
  [
    'voice',
    [40, 64],
    (x) => voiceNetwork(x, { stem: 4, channels: [6], width: 8, heads: 2, layers: 1, dropout: 0 }, LABELS),
  ],
];

describe('the graph that serves answers as the one that trains, by the statistics of its batch', () => {
  it.each(networks)('%s', async (name, sides, build) => {
    const random = randomStream('served', name);
    const size = sides.reduce((product, side) => product * side, N);
    const x: TensorData = { data: Float32Array.from({ length: size }, () => gaussian(random)), dims: [N, ...sides] };

    const graph = createGraph({ mode: 'train', seed: 5 });
    const { shareLogits, presenceLogits } = build(graph.input('x', x.dims));
    const model = trainingModel(graph, mean(shareLogits), { name, metrics: { shareLogits, presenceLogits } });
    const stateOf = (key: (typeof STATE)[number]) => ({ data: model.initial[key], dims: [model.initial[key].length] });
    const scalars = { rate: 0, correction1: 1, correction2: 1, averaging: 1 };
    const trained = await answers(model.bytes, { x: x.dims, ...shapesOf(model.initial) }, model.outputs, {
      x,
      ...Object.fromEntries(STATE.map((key) => [key, stateOf(key)])),
      ...Object.fromEntries(SCALARS.map((key) => [key, { data: Float32Array.of(scalars[key]), dims: [] }])),
    });

    const weights = new Map([
      ...weightsOf(model.initial.theta, model.parameters),
      ...weightsOf(trained['next.statistics']?.data ?? new Float32Array(), model.statistics),
    ]);
    const serving = createGraph({ mode: 'serve', weights });
    const served = build(serving.input('x', ['n', ...sides]));
    const heads = { shareLogits: served.shareLogits, presenceLogits: served.presenceLogits };
    const shapes = { shareLogits: ['n', LABELS], presenceLogits: ['n', LABELS] } as const;
    const bytes = encodeGraph(serving, heads, { name });
    const replied = await answers(bytes, { x: ['n', ...sides] }, shapes, { x });

    for (const head of ['shareLogits', 'presenceLogits']) {
      const [one, other] = [trained[head]?.data ?? [], replied[head]?.data ?? []];
      expect(one.length).toBe(N * LABELS);
      one.forEach((logit, i) => {
        expect(other[i]).toBeCloseTo(logit, 4);
      });
    }
  });
});

type Shapes = Readonly<Record<string, readonly (number | 'n')[]>>;

function shapesOf(state: Readonly<Record<string, Float32Array>> | object): Shapes {
  const vectors = Object.entries(state).map(([key, array]) => [key, [(array as Float32Array).length]]);
  return Object.fromEntries([...vectors, ...SCALARS.map((key) => [key, []])]) as Shapes;
}

async function answers(
  bytes: Uint8Array,
  inputs: Shapes,
  outputs: Shapes,
  feeds: Readonly<Record<string, TensorData>>,
) {
  const network = await openNetwork({ name: 'test', bytes, contract: { inputs, outputs } });
  try {
    return await network.run(feeds);
  } finally {
    await network.close();
  }
}
