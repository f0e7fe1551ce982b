/** From a manifest to trained, calibrated systems over tiny imported encoders. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importEncoder } from '../../models/toolkit/encoders/import-encoder.ts';
import { readFusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { readSystem } from '../../models/toolkit/train/system-record.ts';
import { makeFeatures } from '../../src/commands/features-run.ts';
import { trainFromFeatures } from '../../src/commands/features-training.ts';
import { type Corpus, readCorpus } from '../../src/io/corpus/corpus.ts';
import { putBoth, SYSTEMS_CONFIG } from '../fixtures/systems.ts';
import { putManifest, trainingFolder } from '../fixtures/training.ts';
import { training } from '../fixtures/training-run.ts';
import { encoderFixture } from '../models/toolkit/encoders/fixtures.ts';

const folder = trainingFolder();
const CONFIG = SYSTEMS_CONFIG;

const features = { voice: [folder.out('voice')], face: [folder.out('face')] };
let corpus: Corpus;
beforeAll(async () => {
  corpus = await readCorpus(putBoth(folder));
  await importEncoder('wavlm', { from: encoderFixture('wavlm-large-tiny'), out: folder.out('wavlm') });
  await importEncoder('mobilenetv2', { from: encoderFixture('mobilenetv2-tiny'), out: folder.out('mobilenetv2') });
  const { options } = training(folder);
  await makeFeatures(corpus, { ...options, encoder: folder.out('wavlm'), out: folder.out('voice') });
  await makeFeatures(corpus, { ...options, encoder: folder.out('mobilenetv2'), out: folder.out('face'), side: 48 });
  await importEncoder('wav2vec2', { from: encoderFixture('wav2vec2-large-robust-tiny'), out: folder.out('wav2vec2') });
  await makeFeatures(corpus, { ...options, encoder: folder.out('wav2vec2'), out: folder.out('other') });
});
afterAll(() => {
  folder.remove();
});

async function train(name: string, change: object = {}, stopAt?: string, given = features) {
  const config = { ...CONFIG, ...change };
  const read = await readFusionConfig(folder.put(`${name}.json`, JSON.stringify(config)));
  if (!read?.clips) throw new Error('no configuration that learns from clips');
  const { options, said } = training(folder, stopAt);
  const outcome = await trainFromFeatures(
    { ...read, clips: read.clips },
    { ...options, out: folder.out(name), features: given },
  );
  return { ...outcome, said: said() };
}
const contents = (name: string, file: string): string => readFileSync(join(folder.out(name), file), 'utf8');

describe('training from features', () => {
  it('goes from a manifest to systems that are trained, calibrated and judged', async () => {
    const { status, said } = await train('whole');
    expect(status).toBe('finished');
    const { systems } = JSON.parse(contents('whole', 'judgement.json')) as {
      systems: { name: string; given: Record<string, { figures: { top1: number }; calibratedBrier: number }> }[];
    };
    expect(systems.map(({ name, given }) => [name, Object.keys(given)])).toEqual([
      ['1', ['voice']],
      ['12', ['voice', 'face', 'both']],
    ]);
    // What all is given; an encoder of random weights tells little of a face.
    expect(systems[0]?.given['voice']?.figures.top1).toBeGreaterThan(0.9);
    expect(systems[1]?.given['both']?.figures.top1).toBeGreaterThan(0.9);
    for (const { calibratedBrier } of systems.flatMap(({ given }) => Object.values(given)))
      expect(calibratedBrier).toBeLessThan(0.25);
    expect(said).toMatch(/^system 12 {2}given both {2}top1 \d/m);
    expect(await train('whole')).toMatchObject({ status: 'before' });
  });

  it('writes what a pack must know of each system, and its calibration for all that it may be given', async () => {
    const { record, bytes, calibration } = await readSystem(folder.out('whole'), '12');
    expect(record).toMatchObject({
      labels: CONFIG.labels,
      halves: { voice: ['voice', 'av'], face: ['face', 'av'] },
      answers: ['voice', 'face', 'both'],
      features: {
        voice: { encoder: { kind: 'wavlm' }, layers: [0, 1, 2, 3], frames: 'each' },
        face: { encoder: { kind: 'mobilenetv2' }, width: CONFIG.shape.faceWidth, side: 48 },
      },
    });
    expect(record.network).toBe(createHash('sha256').update(bytes).digest('hex'));
    const fitted = Object.entries(calibration?.subsets ?? {});
    expect(fitted.map(([subset, { votes }]) => [subset, votes])).toEqual([
      ['voice', 'voice'],
      ['face', 'face'],
      ['both', 'av'],
    ]);
    for (const [, { calibration, clips }] of fitted) {
      expect(Object.keys(calibration)).toEqual(CONFIG.labels);
      expect(clips).toBe(contents('whole', 'held-back.txt').trim().split('\n').length);
    }
    const alone = await readSystem(folder.out('whole'), '1');
    expect(alone.record).toMatchObject({ halves: { face: [] }, learns: 'voice', answers: ['voice'] });
    expect(alone.record.features.face).toBeUndefined();
  });

  it('gives the same networks, bit for bit, where it was stopped on the way', async () => {
    expect(await train('stopped', {}, 'system 12  epoch 1')).toMatchObject({ status: 'stopped' });
    expect(await train('stopped')).toMatchObject({ status: 'finished' });
    for (const file of ['system-1.onnx', 'system-12.onnx', 'system-12.json', 'judgement.json'])
      expect(contents('stopped', file)).toBe(contents('whole', file));
  });

  it.each([
    [{ shape: { ...CONFIG.shape, faceWidth: 1, layers: 25 } }, /has 4 layers: set 'shape.layers'/],
    [
      { shape: { ...CONFIG.shape, faceWidth: 1, voiceWidth: 1024 } },
      /has states of 32 numbers: set 'shape.voiceWidth'/,
    ],
    [
      { clips: { corpora: ['voices.jsonl'], dev: ['both.jsonl'] } },
      /there is no clip|no clip of split 'train' has features/,
    ],
  ])('refuses features that are not those of the configuration: %j', async (change, said) => {
    await expect(train('refused', change)).rejects.toThrow(said);
  });

  it('refuses features of one modality that two encoders made', async () => {
    const given = { ...features, voice: [...features.voice, folder.out('other')] };
    await expect(train('refused', {}, undefined, given)).rejects.toThrow(
      /other was made otherwise than .*voice \(encoder .*wav2vec2-large-robust-tiny \w+, not wavlm-large-tiny \w+\)/,
    );
  });

  it('teaches a half the labels that it is named after, also where no system sees a face', async () => {
    const [half] = CONFIG.systems;
    const labels = (voice: string, av: string) => ({ voice: { [voice]: 5 }, av: { [av]: 5 } });
    const [neutral, happiness, anger] = CONFIG.labels;
    const next: Record<string, string> = { [neutral]: happiness, [happiness]: anger, [anger]: neutral };
    const lines = corpus.clips.map(({ id, split, media }) => {
      const heard = id.split('-')[1] ?? '';
      return { id, split, media: { audio: media.audio?.file }, votes: labels(heard, next[heard] ?? '') };
    });
    putManifest(folder, 'contrary.jsonl', lines);
    const systems = [half, { ...half, name: '3', voice: ['av'], learns: 'av' }];
    const clips = { ...CONFIG.clips, corpora: ['contrary.jsonl'], dev: ['contrary.jsonl'] };
    await train('halves', { systems, clips });
    const judged = JSON.parse(contents('halves', 'judgement.json')) as {
      systems: { given: { voice: { figures: { top1: number } } } }[];
    };
    for (const { given } of judged.systems) expect(given.voice.figures.top1).toBeGreaterThan(0.9);
  });

  it('refuses a modality without features, and features of the other', async () => {
    await expect(train('refused', {}, undefined, { ...features, face: [] })).rejects.toThrow(
      /systems that learn from a face/,
    );
    await expect(train('refused', {}, undefined, { ...features, voice: features.face })).rejects.toThrow(
      /holds features of a face/,
    );
  });
});
