import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FusionRow, FusionSource } from '../../../../models/toolkit/train/fusion-rows.ts';
import {
  ask,
  type FusionPlan,
  type FusionSystem,
  trainSystem,
} from '../../../../models/toolkit/train/fusion-system.ts';
import { halfTask, sharedTask } from '../../../../models/toolkit/train/fusion-task.ts';
import { train } from '../../../../models/toolkit/train/loop.ts';
import { softmax } from '../../../../src/core/probability.ts';
import { type Random, randomStream, uniform } from '../../../../src/core/random.ts';

const LABELS = ['neutral', 'happiness', 'anger', 'fear'] as const;
const shape = { layers: 1, steps: 3, voiceWidth: 2, frames: 2, faceWidth: 2 };
const schedule = { epochs: 8, batch: 16, rate: 0.01, warmupEpochs: 1, weightDecay: 0.01, averaging: 0.9 };

/** The voice tells one half of the labels from the other, the face odd from even: only both together tell all. */
const source: FusionSource = {
  length: 64,
  draw(index, random) {
    const k = index % 4;
    const row = (frames: number, bit: number, by: Random): Float32Array =>
      Float32Array.from({ length: frames * 2 }, (_, i) => (i % 2 === bit ? 1 : -1) + uniform(by, -0.5, 0.5));
    const target = targetOf(k);
    return {
      voice: row(shape.steps, k >> 1, random),
      face: row(1 + (index % 2), k & 1, random),
      targets: { voice: target, face: target, av: target },
    };
  },
  targets: () => Array.from({ length: 64 }, (_, i) => targetOf(i % 4)),
};

const plan: FusionPlan = {
  labels: LABELS,
  seed: 3,
  shape,
  network: {
    width: 8,
    heads: 2,
    dropout: 0,
    voice: { layers: 1 },
    face: { layers: 1, channels: 6, kernel: 1 },
    shared: { layers: 1, attention: 'each' },
  },
  objective: {
    share: 'soft-cross-entropy',
    shareWeight: 1,
    presence: 'bce',
    presenceWeight: 0.3,
    alpha: 0.2,
    beta: 0.99,
  },
  variation: { dropVoice: 0.2, dropFace: 0.2, voiceNoise: 0, faceNoise: 0 },
  schedules: { voice: schedule, face: schedule, shared: { ...schedule, epochs: 12 } },
};
const proposed: FusionSystem = {
  name: '12',
  voice: ['voice', 'av'],
  face: ['face', 'av'],
  learns: 'av',
  stages: 2,
  frozen: true,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fusion-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const run = () => ({ fingerprint: 'test', signal: new AbortController().signal });

describe('an audio-visual system', () => {
  test('tells together what neither modality tells alone, from one graph', async () => {
    const trained = await trainSystem(source, proposed, plan, { ...run(), folder });
    expect(trained).not.toBeNull();
    if (!trained) return;
    const rows = Array.from({ length: 32 }, (_, i) => source.draw(i, randomStream('ask', i)));
    const right = async (of: (row: FusionRow) => FusionRow): Promise<number> => {
      const heads = await ask(trained, rows.map(of), shape);
      const hits = heads.filter(({ shareLogits }, i) => argmax(softmax(shareLogits)) === i % 4);
      return hits.length / rows.length;
    };
    expect(await right((row) => row)).toBeGreaterThan(0.9);
    expect(await right((row) => ({ ...row, face: null }))).toBeLessThan(0.8);
    expect(await right((row) => ({ ...row, voice: null }))).toBeLessThan(0.8);
  });

  test('of one modality is a branch with heads of its own', async () => {
    const voice: FusionSystem = { ...proposed, name: '1', voice: ['voice'], face: [], learns: 'voice', stages: 1 };
    const trained = await trainSystem(source, voice, plan, { ...run(), folder });
    expect(Object.keys(trained?.contract.inputs ?? {})).toEqual(['voice', 'voiceMask']);
  });
});

describe('stage 2', () => {
  const network = {
    ...plan.network,
    voice: { ...plan.network.voice, halves: ['voice' as const] },
    face: { ...plan.network.face, halves: ['face' as const] },
  };
  const training = { ...plan, network };

  test('moves no weight of a frozen branch, and moves those of one that is not', async () => {
    const half = halfTask(source, { modality: 'voice', stimulus: 'voice' }, schedule, training);
    const short = { ...schedule, epochs: 1 };
    const options = { ...run(), schedule: short, seed: 3 };
    const { weights } = await train(half, { ...options, checkpoint: join(folder, 'half') });
    const before = new Map([...weights].map(([name, numbers]) => [name, numbers.slice()]));

    const still = sharedTask(source, { stimulus: 'av', weights, frozen: true }, short, training);
    const learns = still.model.parameters.map(({ name }) => name);
    expect(learns.filter((name) => weights.has(name))).toEqual([]);
    expect(learns.some((name) => name.startsWith('shared.'))).toBe(true);
    await train(still, { ...options, checkpoint: join(folder, 'still') });
    for (const [name, numbers] of weights) expect(numbers).toEqual(before.get(name));

    const free = sharedTask(source, { stimulus: 'av', weights, frozen: false }, short, training);
    const moved = await train(free, { ...options, checkpoint: join(folder, 'free') });
    expect(moved.weights.get('voice.voice.project.weight')).not.toEqual(before.get('voice.voice.project.weight'));
  });
});

function targetOf(k: number) {
  const shares = LABELS.map((_, i) => (i === k ? 1 : 0));
  return { shares, present: shares.map((share): 0 | 1 => (share === 1 ? 1 : 0)), votes: 1 };
}

function argmax(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}
