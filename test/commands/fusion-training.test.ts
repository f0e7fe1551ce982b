import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesOf, holdBack, nameOfLot } from '../../models/toolkit/train/examples.ts';
import { readFusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { trainFusion } from '../../src/commands/fusion-training.ts';
import type { Judgement } from '../../src/commands/fusion-judgement.ts';
import type { TrainingOutcome } from '../../src/commands/training.ts';
import { readCorpus } from '../../src/io/corpus/corpus.ts';
import { trainEncoders, training } from '../fixtures/training-run.ts';
import { FACE_CONFIG, putFaces, putVoices, trainingFolder, VOICE_CONFIG } from '../fixtures/training.ts';

const folder = trainingFolder();
const schedule = { epochs: 2, batch: 8, rate: 0.02, warmupEpochs: 1, weightDecay: 0, averaging: 0.5 };
const part = { most: 100, looks: 2, encoderLabels: FACE_CONFIG.labels };
const CONFIG = {
  name: 'tiny-fusion',
  kind: 'fusion',
  seed: 3,
  labels: FACE_CONFIG.labels,
  shape: { steps: 75, voiceWidth: 8, frames: 2, faceWidth: 8 },
  network: {
    width: 8,
    heads: 2,
    dropout: 0.1,
    voice: { layers: 0 },
    face: { layers: 0, channels: 8, kernel: 1 },
    shared: { layers: 1, attention: 'each' },
  },
  objective: {
    share: 'soft-cross-entropy',
    shareWeight: 1,
    presence: 'bce',
    presenceWeight: 0.5,
    alpha: 0.2,
    beta: 0.9,
  },
  schedules: { voice: schedule, face: schedule, shared: { ...schedule, epochs: 8 } },
  variation: { dropVoice: 0.2, dropFace: 0.2, voiceNoise: 0, faceNoise: 0 },
  hearing: { looks: 1, augmentation: {} },
  pairs: {
    faces: { ...part, corpora: ['faces.jsonl'], dev: ['faces.jsonl'], holdBack: 0.25 },
    voices: { ...part, corpora: ['voices.jsonl'], dev: ['voices.jsonl'] },
  },
  systems: [{ name: '12', voice: ['voice', 'av'], face: ['face', 'av'], learns: 'av', stages: 2 }],
};

beforeAll(async () => {
  putFaces(folder, 12);
  putVoices(folder, 3);
  await trainEncoders(folder, FACE_CONFIG, VOICE_CONFIG);
});

afterAll(() => {
  folder.remove();
});

/** Train into `runs/name`; stops when something is said that holds `stopAt`. */
async function train(
  config: object,
  name: string,
  stopAt?: string,
): Promise<TrainingOutcome & { readonly said: string }> {
  const read = await readFusionConfig(folder.put(`${name}.json`, JSON.stringify(config)));
  if (!read) throw new Error('not a configuration of kind fusion');
  const { options, said } = training(folder, stopAt);
  const outcome = await trainFusion(read, {
    ...options,
    out: folder.out(name),
    voice: join(folder.out('voice'), 'voice.onnx'),
    face: join(folder.out('face'), 'face.onnx'),
  });
  return { ...outcome, said: said() };
}

const contents = (name: string, file: string): string => readFileSync(join(folder.out(name), file), 'utf8');

describe('training shared layers from pairs', () => {
  it('learns what pairs show, tells how well, and is done once', async () => {
    const { status, file, said } = await train(CONFIG, 'whole');
    expect(status).toBe('finished');
    const { both } = JSON.parse(contents('whole', 'judgement.json')) as Judgement;
    expect(both.fusion.top1).toBeGreaterThan(0.9);
    expect(said).toMatch(/^both +fusion +top1 \d\.\d{4}/m);
    expect(readdirSync(folder.out('whole'))).not.toContain('lock');
    expect(JSON.parse(contents('whole', 'run.json'))).toHaveProperty('network');
    expect(await train(CONFIG, 'whole')).toMatchObject({ status: 'before', file });
  });

  it('gives the same network, bit for bit, where it was stopped on the way', async () => {
    expect((await train(CONFIG, 'stopped', 'epoch 1')).status).toBe('stopped');
    expect(readdirSync(folder.out('stopped'))).not.toContain('fusion.onnx');
    expect((await train(CONFIG, 'stopped')).status).toBe('finished');
    expect(contents('stopped', 'fusion.onnx')).toBe(contents('whole', 'fusion.onnx'));
  });

  it('holds back the faces that a face network of that seed held back', async () => {
    const { clips } = await readCorpus(join(folder.path, 'faces.jsonl'));
    const { examples } = examplesOf(
      clips.filter(({ split }) => split === 'train'),
      'face',
      [...FACE_CONFIG.labels],
    );
    const { heldBack } = holdBack(examples, nameOfLot, { share: 0.25, seed: CONFIG.seed });
    expect(contents('whole', 'held-back.txt').split('\n').filter(Boolean)).toEqual(heldBack.map(({ clip }) => clip.id));
    expect(heldBack.length).toBeGreaterThan(0);
  });

  it('refuses the folder of another run, and a configuration without pairs', async () => {
    await expect(train({ ...CONFIG, seed: 4 }, 'whole')).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringMatching(/is of another run/) as string,
    });
    await expect(train({ ...CONFIG, pairs: undefined }, 'alone')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/tiny-fusion has no 'pairs'/) as string,
    });
  });
});
