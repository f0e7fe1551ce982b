import { describe, expect, test } from 'vitest';
import { density, gridOf } from '../../../src/core/kde/kde2d.ts';
import { type Point, softHistogram2d } from '../../../src/core/kde/histogram.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { mul } from '../../../models/graph/elementwise.ts';
import { createGraph } from '../../../models/graph/graph.ts';
import { detach } from '../../../models/graph/layout.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { kdeGrid } from '../../../models/nets/kde.ts';
import { openNetwork } from '../../../models/runtime.ts';
import { gradientError } from '../graph/gradient-check.ts';

const POINTS = 12;

/** Sets of points that are narrow, wide, off the middle, one upon another, and in two places. */
const SETS: readonly (readonly Point[])[] = [
  [0.05, 0, 0],
  [0.5, 0, 0],
  [0.2, 0.7, -0.8],
  [0, 0.4, 0.1],
  [0.1, 0, 0.9],
].map(([spread = 0, x = 0, apart = 0], set) => {
  const random = randomStream(set, 'kde points');
  return Array.from({ length: POINTS }, (_, i): Point => [
    x + spread * gaussian(random),
    (i % 2 ? apart : -apart) + spread * gaussian(random),
  ]);
});

describe('kdeGrid', () => {
  test('is what src/core/kde makes of a soft histogram', async () => {
    const graph = createGraph();
    const first = graph.input('first', ['n', POINTS]);
    const second = graph.input('second', ['n', POINTS]);
    const network = await openNetwork({
      name: 'kde',
      bytes: encodeGraph(graph, { grid: kdeGrid(first, second) }, { name: 'kde' }),
      contract: { inputs: { first: ['n', POINTS], second: ['n', POINTS] }, outputs: { grid: ['n', 4, 4] } },
    });
    try {
      const feed = (axis: 0 | 1) => ({
        data: Float32Array.from(SETS.flatMap((set) => set.map((point) => point[axis]))),
        dims: [SETS.length, POINTS],
      });
      const { data } = (await network.run({ first: feed(0), second: feed(1) }))['grid'] ?? { data: [] };
      SETS.forEach((set, i) => {
        gridOf(density(softHistogram2d(set))).forEach((share, at) => {
          expect(Math.abs((data[i * 16 + at] ?? NaN) - share)).toBeLessThan(1e-5);
        });
      });
    } finally {
      await network.close();
    }
  });

  test.each(SETS.map((set, i) => [i, set] as const))(
    'its gradient agrees with finite differences, set %i',
    async (_, set) => {
      const operand = (axis: 0 | 1) => ({ dims: [1, POINTS], data: set.map((point) => point[axis]) });
      // Shares of one point among twelve move little: a larger loss is told more exactly.
      const error = await gradientError([operand(0), operand(1)], (...[first, second]) => {
        if (!first || !second) throw new Error('an operand is missing');
        return mul(kdeGrid(first, second), 20);
      });
      expect(error).toBeLessThan(2e-3);
    },
  );
});

test('no gradient flows through what is detached', async () => {
  // x times a constant x: half of the gradient of x squared.
  const { gradients } = await import('../../../models/graph/differentiate.ts');
  const { sum } = await import('../../../models/graph/reduce.ts');
  const graph = createGraph();
  const x = graph.input('x', [2]);
  const [dx] = gradients(sum(mul(x, detach(x))), [x]);
  const none = gradients(sum(detach(x)), [x]);
  expect(none).toEqual([null]);
  if (!dx) throw new Error('there is a gradient');
  const network = await openNetwork({
    name: 'detach',
    bytes: encodeGraph(graph, { dx }, { name: 'detach' }),
    contract: { inputs: { x: [2] }, outputs: { dx: [2] } },
  });
  try {
    const found = await network.run({ x: { data: Float32Array.of(3, -4), dims: [2] } });
    expect([...(found['dx']?.data ?? [])]).toEqual([3, -4]);
  } finally {
    await network.close();
  }
});
