import { describe, expect, test } from 'vitest';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { concat } from '../../../models/graph/layout.ts';
import type { Value } from '../../../models/graph/graph.ts';
import { distributionLoss, ratingLoss } from '../../../models/nets/annotator-losses.ts';
import { annotatorScores, gridLogits } from '../../../models/nets/annotators.ts';
import { gradientError } from '../graph/gradient-check.ts';

const [N, K, M] = [2, 3, 6];
const random = randomStream('annotators');
const numbers = (n: number, spread = 0.3): number[] => Array.from({ length: n }, () => spread * gaussian(random));
const raters = (x: Value): Value => x.graph.constant(BigInt64Array.from([0n, 2n, 1n, 3n, 0n, 0n]), [N, K]);
const constant = (x: Value, data: readonly number[], dims: readonly number[]): Value =>
  x.graph.constant(Float32Array.from(data), dims);
/** The second clip has two ratings only. */
const MASK = [1, 1, 1, 1, 1, 0];

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('an operand is missing');
  return value;
}

describe('gradients agree with finite differences', () => {
  test.each(['heads', 'one-hot'] as const)('of %s', async (kind) => {
    const error = await gradientError(
      [{ dims: [N, 4] }],
      (...[embedding]) => {
        const x = given(embedding);
        const { valence, arousal } = annotatorScores(x, raters(x), { kind, raters: 4, width: 5, dropout: 0 });
        return concat([valence, arousal], 1);
      },
      { kinks: true },
    );
    expect(error).toBeLessThan(2e-3);
  });

  test('of the direct baseline', async () => {
    const error = await gradientError([{ dims: [N, 4] }], (...[x]) => gridLogits(given(x), { width: 5, dropout: 0 }), {
      kinks: true,
    });
    expect(error).toBeLessThan(2e-3);
  });

  test('of single ratings, masked ones aside', async () => {
    const scores = [numbers(N * K), numbers(N * K)];
    const error = await gradientError(
      scores.map((data) => ({ dims: [N, K], data })),
      (...[valence, arousal]) => {
        const predicted = { valence: given(valence), arousal: given(arousal) };
        const at = predicted.valence;
        const truth = { valence: constant(at, numbers(N * K), [N, K]), arousal: constant(at, numbers(N * K), [N, K]) };
        return ratingLoss(predicted, truth, constant(at, MASK, [N, K]));
      },
    );
    expect(error).toBeLessThan(2e-3);
  });

  test('of the distribution of upsampled predictions', async () => {
    const scores = [numbers(N * K), numbers(N * K)];
    const shares = Array.from({ length: N * M }, (_, at) =>
      at < M ? [at % 2, 1 - (at % 2), 0] : [0.5, 0.5, 0],
    ).flat();
    const error = await gradientError(
      scores.map((data) => ({ dims: [N, K], data })),
      (...[valence, arousal]) => {
        const predicted = { valence: given(valence), arousal: given(arousal) };
        const at = predicted.valence;
        const upsampling = {
          shares: constant(at, shares, [N, M, K]),
          noise: constant(at, numbers(N * 2 * M), [N, 2 * M]),
        };
        const truth = Array.from({ length: N * 16 }, (_, cell) => (cell % 16 === 5 ? 0.7 : 0.02));
        return distributionLoss(predicted, constant(at, MASK, [N, K]), upsampling, constant(at, truth, [N, 16]));
      },
    );
    expect(error).toBeLessThan(2e-3);
  });
});
