import { describe, expect, test } from 'vitest';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { bce, classBalancedBce, coOccurrencePenalty, mixture } from '../../../models/nets/losses.ts';
import { objectiveLoss, type Objective } from '../../../models/nets/objective.ts';
import { openNetwork } from '../../../models/runtime.ts';
import { classWeights, positiveClips } from '../../../src/core/aggregation/class-weights.ts';
import { cooccurrence, penaltyMatrix } from '../../../src/core/aggregation/co-occurrence.ts';
import type { Label } from '../../../src/domain.ts';

const labels: readonly Label[] = ['neutral', 'anger', 'fear'];
/** Multi-hot labels of a train set: neutral is common, anger and fear come together once. */
const trainPresent = [
  [1, 0, 0],
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 1],
  [0, 0, 1],
] as const;
const logits = [0.5, -1, 2, 1.5, 0.2, -0.3];
const present = [1, 0, 1, 0, 1, 0];
const shares = [0.6, 0.1, 0.3, 0.2, 0.7, 0.1];

const plain: Objective = {
  share: 'none',
  shareWeight: 1,
  presence: 'bce',
  presenceWeight: 1,
  alpha: 0.2,
  beta: 0.9,
};

/** The value of a loss over two clips. */
async function valueOf(build: (inputs: Record<'logits' | 'present' | 'shares' | 'weights', Value>) => Value) {
  const graph = createGraph({ mode: 'train' });
  const rows = (data: readonly number[], width = 3): Value => graph.constant(Float32Array.from(data), [2, width]);
  const loss = build({ logits: rows(logits), present: rows(present), shares: rows(shares), weights: rows([1, 1], 1) });
  const network = await openNetwork({
    name: 'loss',
    bytes: encodeGraph(graph, { loss }, { name: 'loss' }),
    contract: { inputs: {}, outputs: { loss: [] } },
  });
  const { loss: result } = await network.run({});
  await network.close();
  return result?.data[0] ?? NaN;
}

const objective = (changes: Partial<Objective>): Promise<number> =>
  valueOf(({ logits: x, present: y, shares: s, weights }) =>
    objectiveLoss(
      { shareLogits: x, presenceLogits: x },
      { shares: s, present: y, weights },
      { ...plain, ...changes },
      {
        trainPresent,
        labels,
      },
    ),
  );

/** -ln of what was given to the truth, for each label of each clip. */
const entropies = logits.map((x, i) => Math.log1p(Math.exp(x)) - x * (present[i] ?? 0));
const weightedMean = (factors: readonly number[]): number =>
  entropies.reduce((sum, value, i) => sum + value * (factors[i % 3] ?? 0), 0) / 2;

describe("paper 1's losses of presences", () => {
  test('Eq. 1: binary cross-entropy, summed over labels', async () => {
    expect(await objective({})).toBeCloseTo(weightedMean([1, 1, 1]), 5);
  });

  test('Eq. 2: by the effective number of positives, scaled to mean 1', async () => {
    const factors = classWeights(positiveClips(trainPresent), labels, { beta: 0.9, meanOne: true });
    expect(factors[0]).toBeLessThan(factors[1] ?? 0);
    expect(await objective({ presence: 'class-balanced' })).toBeCloseTo(weightedMean(factors), 5);
  });

  test('Eq. 3: each label by the sum of its row of P', async () => {
    const penalties = penaltyMatrix(cooccurrence(trainPresent, 3), labels);
    const factors = penalties.map((row) => row.reduce((sum, penalty) => sum + penalty, 0));
    const loss = await valueOf(({ logits: x, present: y }) =>
      coOccurrencePenalty(x, y, x.graph.constant(Float32Array.from(penalties.flat()), [3, 3])),
    );
    expect(loss).toBeCloseTo(weightedMean(factors), 5);
    // Eq. 4 with alpha = 1 is the penalty alone, with alpha = 0 the cross-entropy alone.
    expect(await objective({ presence: 'co-occurrence', alpha: 1 })).toBeCloseTo(weightedMean(factors), 5);
    expect(await objective({ presence: 'co-occurrence', alpha: 0 })).toBeCloseTo(await objective({}), 6);
  });

  test('Eq. 5: both, the penalty by the class factors too', async () => {
    const balanced = await objective({ presence: 'class-balanced' });
    const at = (alpha: number): Promise<number> => objective({ presence: 'class-balanced co-occurrence', alpha });
    expect(await at(0)).toBeCloseTo(balanced, 6);
    expect(await at(0.2)).toBeCloseTo(0.8 * balanced + 0.2 * (await at(1)), 5);
  });

  test('a label that is never positive in training is named', async () => {
    const never = valueOf(({ logits: x, present: y, shares: s, weights }) =>
      objectiveLoss(
        { shareLogits: x, presenceLogits: x },
        { shares: s, present: y, weights },
        { ...plain, presence: 'class-balanced' },
        { trainPresent: trainPresent.map(([neutral, anger]) => [neutral, anger, 0]), labels },
      ),
    );
    await expect(never).rejects.toMatchObject({
      code: 'corpus-invalid',
      message: expect.stringContaining("label 'fear' is never positive in training") as string,
    });
  });
});

describe('losses of shares', () => {
  test('cross-entropy against shares is the divergence plus the entropy of the raters', async () => {
    const entropy = -shares.reduce((sum, p) => sum + p * Math.log(p), 0) / 2;
    const presence = 'none' as const;
    const soft = await objective({ share: 'soft-cross-entropy', presence });
    expect(soft).toBeCloseTo((await objective({ share: 'kl', presence })) + entropy, 5);
  });

  test('clips count by their weights', async () => {
    const halves = await valueOf(({ logits: x, present: y, weights }) =>
      bce(x, y, mixture(weights, x.graph.constant(Float32Array.of(2, 0), [2, 1]), 1)),
    );
    expect(halves).toBeCloseTo(
      entropies.slice(0, 3).reduce((sum, value) => sum + value, 0),
      5,
    );
  });

  test('without a loss there is nothing to minimise', async () => {
    await expect(objective({ share: 'none', presence: 'none' })).rejects.toThrow(/nothing to minimise/);
  });

  test('factors of one leave the cross-entropy as it is', async () => {
    const ones = await valueOf(({ logits: x, present: y }) =>
      classBalancedBce(x, y, x.graph.constant(Float32Array.of(1, 1, 1), [3])),
    );
    expect(ones).toBeCloseTo(await objective({}), 6);
  });
});
