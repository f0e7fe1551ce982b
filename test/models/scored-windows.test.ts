/** Windows through networks of attributes whose sums are known. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, WindowRequest } from '../../models/calls.ts';
import { loadPack } from '../../models/pack.ts';
import { loadPerception } from '../../models/perception.ts';
import { faceCalls } from '../../models/worker/faces.ts';
import { openNetworks, type Networks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { MEL_BANDS } from '../../src/core/features.ts';
import { decide } from '../../src/core/decision.ts';
import { predict } from '../../src/core/prediction.ts';
import { entropy } from '../../src/core/probability.ts';
import type { Logits, Modality, ModelPack } from '../../src/domain.ts';
import { verdict as verdictSchema } from '../../src/protocol.ts';
import { astronautFrame } from '../fixtures/pictures.ts';
import { writeTinyPack, type TinyPack } from '../fixtures/tiny-pack.ts';

let dir = '';
const opened: Networks[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tiny-pack-'));
});
afterAll(async () => {
  await Promise.all(opened.map((networks) => networks.close()));
  await rm(dir, { recursive: true });
});

/** The tiny pack's networks, and how often those of attributes ran. */
async function open(options: TinyPack): Promise<{ networks: Networks; pack: ModelPack; runs: Modality[] }> {
  await writeTinyPack(dir, options);
  const { networks: models, pack } = await loadPack(dir);
  const perception = await loadPerception('models/perception');
  const networks = await openNetworks({ models: { ...models, ...perception }, provider: 'cpu', threads: 1 });
  opened.push(networks);
  const runs: Modality[] = [];
  const counted = (modality: Modality) => {
    const network = networks.attributes[modality];
    if (!network) return {};
    const run: typeof network.run = (feeds, outputs) => {
      runs.push(modality);
      return network.run(feeds, outputs);
    };
    return { [modality]: { ...network, run } };
  };
  return { networks: { ...networks, attributes: { ...counted('voice'), ...counted('face') } }, pack, runs };
}

const level = (mean: number): NonNullable<WindowRequest['voice']> => ({
  logMel: new Float32Array(300 * MEL_BANDS).fill(mean),
  frames: 300,
});
const looks = (means: readonly number[]): NonNullable<WindowRequest['face']> => ({
  shareLogits: Float32Array.from(means.flatMap((m) => [m, 0, -m])),
  presenceLogits: Float32Array.from(means.flatMap((m) => [0, m, 2 * m])),
  embeddings: Float32Array.from(means.flatMap((m) => [m, -m])),
  n: means.length,
});
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

function valueOf(answer: Answer<Logits> | undefined): Logits {
  if (!answer?.ok) throw new Error(`no answer: ${answer?.message ?? 'nothing'}`);
  return answer.value;
}

describe('a pack with a network of a face’s attributes', () => {
  it('says them of the mean of the looks, in one run for all windows', async () => {
    const { networks, runs } = await open({ serves: null, attributes: ['face'] });
    const answer = windowCalls(networks);
    const means = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(means, { minLength: 1, maxLength: 16 }), async (windows) => {
        runs.length = 0;
        const answers = await answer(windows.map((some) => ({ voice: null, face: looks(some) })));
        expect(runs.length).toBe(windows.length.toString(2).replaceAll('0', '').length);
        windows.forEach((some, i) => {
          const m = mean(some);
          const { valence, arousal, dominance } = valueOf(answers[i]).attributes ?? {};
          expect(valence?.consensus).toBeCloseTo(m, 5);
          expect(arousal?.consensus).toBeCloseTo(m / 2, 5);
          expect(dominance?.consensus).toBeCloseTo(-m, 5);
          expect([valence?.low, valence?.high].map((end) => end?.toFixed(4))).toEqual(
            [m - 0.1, m + 0.1].map((end) => Math.fround(end).toFixed(4)),
          );
          expect(valence?.bins[6]).toBeCloseTo(Math.exp(m) / (Math.exp(m) + 6), 5);
          expect(valence?.uncertainty).toBeCloseTo(entropy(valence?.bins ?? []), 5);
        });
      }),
      { numRuns: 15 },
    );
  });

  it('leaves a voice, and voice and face together, to what follows from their shares', async () => {
    const { networks, runs } = await open({ attributes: ['face'] });
    const answers = await windowCalls(networks)([
      { voice: level(1), face: null },
      { voice: level(1), face: looks([1]) },
    ]);
    expect(answers.map((answer) => valueOf(answer).attributes)).toEqual([undefined, undefined]);
    expect(runs).toEqual([]);
  });

  it('keeps the embeddings of looks for it, where no shared layers ask for them', async () => {
    const { networks } = await open({ serves: null, attributes: ['face'] });
    const [seen] = await faceCalls(networks)([astronautFrame(512, 512)]);
    expect(seen?.ok && seen.value[0]?.encoding?.embedding).toHaveLength(2);
  });

  it('fails a window alone whose embeddings are missing or no numbers', async () => {
    const { networks } = await open({ serves: null, attributes: ['face'] });
    const answers = await windowCalls(networks)([
      { voice: null, face: { ...looks([1]), embeddings: null } },
      { voice: null, face: looks([0.5]) },
      { voice: null, face: looks([NaN]) },
    ]);
    expect(answers.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(valueOf(answers[1]).attributes?.valence.consensus).toBeCloseTo(0.5, 5);
  });

  it('makes a verdict that the protocol takes, and that says who said it', async () => {
    const { networks, pack } = await open({ attributes: ['face'] });
    const answers = await windowCalls(networks)([
      { voice: null, face: looks([0.2, 0.4]) },
      { voice: level(1), face: looks([0.3]) },
    ]);
    const facts = { startMs: 0, lengthMs: 3000, missing: {}, consented: true };
    const [alone, both] = answers.map((answer) => {
      const prediction = predict(valueOf(answer), pack);
      return decide(facts, prediction, { decision: pack.decision, require: 'any', pack: 'tiny@1' });
    });
    for (const verdict of [alone, both]) expect(verdictSchema.parse(verdict)).toEqual(verdict);
    expect(both?.perception?.source).toBe('derived');
    expect(both?.perception?.attributes.valence.meanRange).toBeUndefined();
    expect(alone?.perception?.source).toBe('network-derived');
    expect(alone?.perception?.attributes.valence.mean).toBeCloseTo(0.3, 5);
    expect(alone?.perception?.attributes.valence.meanRange?.high).toBeCloseTo(0.4, 5);
  });
});

describe('a pack with networks for voice and face', () => {
  it('asks each about windows of its modality, and averages a voice over its steps', async () => {
    const { networks, runs } = await open({ serves: null, attributes: ['voice', 'face'] });
    const [heard, seen] = (
      await windowCalls(networks)([
        { voice: level(-0.5), face: null },
        { voice: null, face: looks([1]) },
      ])
    ).map((answer) => valueOf(answer).attributes);
    expect(heard?.valence.consensus).toBeCloseTo(-0.5, 4);
    expect(seen?.valence.consensus).toBeCloseTo(1, 5);
    expect(runs).toEqual(['voice', 'face']);
  });
});
