import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { type AttributeNetwork, encode, regress } from '../../../models/nets/vae.ts';
import { openNetwork } from '../../../models/runtime.ts';
import {
  attributeContract,
  attributeModel,
  type AttributeTraining,
} from '../../../models/toolkit/train/uncertainty-task.ts';
import { entropy } from '../../../src/core/probability.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { BIN_CENTRES, BINS } from '../../../src/core/vad/attributes.ts';
import { fixedNormals } from '../../../src/core/vad/fixed-normals.ts';

const tiny: AttributeNetwork = { encoder: [4], latent: 2, regressor: [3], autoencoder: 'variational' };
const plain = (x: Value): Value => x;
const WIDTH = 3;

describe('fixed draws', () => {
  test('have mean 0 and variance 1 for any even number of at least four', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 5 }), fc.nat(), (pairs, width, seed) => {
        const draws = fixedNormals(2 * pairs, width, randomStream(seed));
        for (let j = 0; j < width; j++) {
          const column = Array.from({ length: 2 * pairs }, (_, i) => draws[i * width + j] ?? NaN);
          expect(column.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 5);
          expect(column.reduce((sum, x) => sum + x * x, 0) / (2 * pairs)).toBeCloseTo(1, 4);
        }
      }),
    );
  });
});

describe('the network that serves', () => {
  const training = (changes: Partial<AttributeTraining> = {}): AttributeTraining => ({
    network: tiny,
    dropout: 0.3,
    attributes: ['valence', 'dominance'],
    sampling: 'latent',
    draws: 20,
    losses: { alpha: 0.5, beta: 0.8, gamma: 2 },
    prior: 1,
    seed: 3,
    width: WIDTH,
    ...changes,
  });
  const number = fc.float({ min: -3, max: 3, noNaN: true });
  const rows = fc.array(fc.array(number, { minLength: WIDTH, maxLength: WIDTH }), { minLength: 1, maxLength: 5 });

  test.each([
    ['latents are drawn', {}],
    ['dropout is drawn', { sampling: 'dropout', network: { ...tiny, autoencoder: 'none' } }],
    ['nothing is drawn', { sampling: 'none', network: { ...tiny, autoencoder: 'plain' } }],
    ['consensus was not learned', { losses: { alpha: 0, beta: 0, gamma: 1 } }],
  ] as const)(
    '%s: distributions, their entropy, a consensus in its interval; rows for themselves, always the same',
    async (_, changes) => {
      const asked = training(changes);
      const run = await served(asked);
      try {
        await fc.assert(
          fc.asyncProperty(rows, async (batch) => {
            const all = await run.ask(batch);
            const [alone] = await run.ask(batch.slice(0, 1));
            expect(alone).toEqual(all[0]?.map(closely));
            for (const row of all)
              for (const { bins, uncertainty, consensus, low, high } of row) {
                expect(bins.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
                expect(uncertainty).toBeCloseTo(entropy(bins), 4);
                expect(uncertainty).toBeLessThanOrEqual(Math.log(BINS) + 1e-5);
                expect(low).toBeLessThanOrEqual(consensus);
                expect(high).toBeGreaterThanOrEqual(consensus);
                expect(Math.max(high, -low)).toBeLessThanOrEqual(1);
                if (asked.losses.beta === 0)
                  expect(consensus).toBeCloseTo(
                    bins.reduce((sum, x, i) => sum + x * (BIN_CENTRES[i] ?? 0), 0),
                    4,
                  );
              }
          }),
          { numRuns: 25 },
        );
      } finally {
        await run.close();
      }
    },
  );

  test('without soft labels the spread of draws is the uncertainty', async () => {
    const asked = training({ losses: { alpha: 0, beta: 1, gamma: 0 } });
    const run = await served(asked);
    const [row] = await run.ask([[0.3, 1, -1]]);
    await run.close();
    expect(row?.[0]?.bins).toEqual([]);
    expect(row?.[0]?.uncertainty).toBeGreaterThan(0);
  });
});

interface Said {
  readonly bins: readonly number[];
  readonly uncertainty: number;
  readonly consensus: number;
  readonly low: number;
  readonly high: number;
}

function closely({ bins, ...rest }: Said): unknown {
  return {
    bins: bins.map((x): unknown => expect.closeTo(x, 4)),
    ...Object.fromEntries(Object.entries(rest).map(([name, x]): [string, unknown] => [name, expect.closeTo(x, 4)])),
  };
}

/** A network of random weights that serves. */
async function served(training: AttributeTraining) {
  const fresh = createGraph({ mode: 'train' });
  const { mean } = encode(fresh.input('embedding', [1, WIDTH]), training.network, plain);
  regress(mean, training.network, { attributes: training.attributes.length, bins: BINS }, plain);
  const weights = new Map([
    ['input.mean', new Float32Array(WIDTH)],
    ['input.scale', new Float32Array(WIDTH).fill(1)],
    ...[...fresh.parameters].map(([name, { initial }]) => {
      const random = randomStream('weights', name);
      return [name, initial.map((x) => x + 0.3 * gaussian(random))] as const;
    }),
  ]);
  const bytes = attributeModel(
    weights,
    training.attributes.map(() => 0.7),
    training,
  );
  const network = await openNetwork({ name: 'attributes', bytes, contract: attributeContract(training) });
  const attributes = training.attributes.length;
  return {
    close: () => network.close(),
    async ask(batch: readonly (readonly number[])[]): Promise<readonly (readonly Said[])[]> {
      const found = await network.run({
        embedding: { data: Float32Array.from(batch.flat()), dims: [batch.length, WIDTH] },
      });
      return batch.map((_, i) =>
        training.attributes.map((__, a) => {
          const at = i * attributes + a;
          const said = (name: string): number => found[name]?.data[at] ?? NaN;
          return {
            bins: [...(found['bins']?.data.subarray(at * BINS, (at + 1) * BINS) ?? [])],
            uncertainty: said('uncertainty'),
            consensus: said('consensus'),
            low: said('low'),
            high: said('high'),
          };
        }),
      );
    },
  };
}
