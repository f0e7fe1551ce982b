import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { truthGrid } from '../../../../src/core/annotators/upsample.ts';
import { correlationTally } from '../../../../src/core/annotators/correlation.ts';
import { total } from '../../../../src/core/metrics/tally.ts';
import { gaussian, integerBelow, permutation, randomStream } from '../../../../src/core/random.ts';
import { openAnnotators } from '../../../../models/toolkit/train/annotator-system.ts';
import {
  type AnnotatorExample,
  annotatorModel,
  annotatorTask,
  type AnnotatorTraining,
  type Variant,
  VARIANTS,
} from '../../../../models/toolkit/train/annotator-task.ts';
import { train } from '../../../../models/toolkit/train/loop.ts';

const RATERS = 6;
/** What each rater adds to valence. The last one never rates. */
const LENIENCY = [-0.4, -0.25, -0.1, 0.1, 0.3, 0];
const folder = mkdtempSync(join(tmpdir(), 'annotators-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Clips whose valence and arousal are in their embeddings, by three raters each. */
const EXAMPLES = Array.from({ length: 96 }, (_, clip): AnnotatorExample => {
  const random = randomStream('clip', clip);
  const embedding = Float32Array.from({ length: 6 }, () => gaussian(random));
  const [a = 0, b = 0] = embedding;
  const ratings = permutation(random, RATERS - 1)
    .slice(0, 2 + integerBelow(random, 3))
    .map((rater) => ({
      rater,
      valence: 0.4 * Math.tanh(a) + (LENIENCY[rater] ?? 0) + 0.05 * gaussian(random),
      arousal: 0.4 * Math.tanh(b) + 0.05 * gaussian(random),
    }));
  const points = ratings.map(({ valence, arousal }) => [valence, arousal] as const);
  return { embedding, ratings, grid: Float32Array.from(truthGrid(points, { random, bins: 64 })) };
});

const TRAINING: AnnotatorTraining = {
  seed: 5,
  raters: RATERS,
  embedding: 6,
  slots: 3,
  network: { width: 16, dropout: 0 },
  kde: { upsamples: 12, bins: 16, sigma: 8 },
};
const SCHEDULE = { epochs: 16, batch: 16, rate: 0.02, warmupEpochs: 1, weightDecay: 0, averaging: 0.8 };

function trained(variant: Variant, name: string, signal = new AbortController().signal, onStep = () => undefined) {
  return train(annotatorTask(EXAMPLES, variant, SCHEDULE, TRAINING), {
    schedule: SCHEDULE,
    seed: 5,
    checkpoint: join(folder, name),
    fingerprint: '0'.repeat(64),
    signal,
    onStep,
  });
}

describe.each(VARIANTS)('%s', (variant) => {
  test('learns what it is to learn', async () => {
    const task = annotatorTask(EXAMPLES, variant, SCHEDULE, TRAINING);
    const { weights, history } = await trained(variant, variant);
    expect(history.at(-1)?.['loss']).toBeLessThan(0.9 * (history[0]?.['loss'] ?? 0));
    expect(task.model.inputs.map(({ name }) => name)).toContain('embedding');

    const network = await openAnnotators(annotatorModel(weights, variant, TRAINING), variant, TRAINING, {});
    try {
      const embeddings = EXAMPLES.map(({ embedding }) => embedding);
      if (variant === 'direct') {
        const grids = await network.grids(embeddings);
        grids.forEach((grid) => {
          expect(grid.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
        });
        return;
      }
      // More raters than slots: a clip takes several rows.
      const said = await network.scores(
        embeddings,
        embeddings.map(() => [0, 1, 2, 3, 4]),
      );
      const means = [0, 1, 2, 3, 4].map(
        (rater) => said.reduce((sum, scores) => sum + (scores[rater]?.valence ?? NaN), 0) / said.length,
      );
      expect(total(correlationTally(LENIENCY.slice(0, 5), means))).toBeGreaterThan(0.9);
    } finally {
      await network.close();
    }
  });
});

test('a head of a rater who is in no batch stays as it was', async () => {
  const { weights } = await trained('heads', 'untouched');
  const task = annotatorTask(EXAMPLES, 'heads', SCHEDULE, TRAINING);
  const place = task.model.parameters.find(({ name }) => name === 'valence.heads.weight');
  const last = (numbers: Float32Array): number[] => [...numbers.subarray((RATERS - 1) * 16)];
  const start = task.model.initial.theta.subarray(place?.offset, (place?.offset ?? 0) + (place?.size ?? 0));
  last(weights.get('valence.heads.weight') ?? new Float32Array(0)).forEach((number, i) => {
    expect(number).toBeCloseTo(last(start)[i] ?? NaN, 6);
  });
});

test('a run that was stopped and goes on gives the same weights', async () => {
  const whole = await trained('one-hot', 'whole');
  const stop = new AbortController();
  let steps = 0;
  const part = await trained('one-hot', 'part', stop.signal, () => {
    if (++steps === 7) stop.abort();
    return undefined;
  });
  expect(part.finished).toBe(false);
  expect((await trained('one-hot', 'part')).weights).toEqual(whole.weights);
});
