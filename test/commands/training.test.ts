import fc from 'fast-check';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrainingConfig } from '../../models/toolkit/train/config.ts';
import { trainInFolder, type TrainingOptions, type TrainingOutcome } from '../../src/commands/training.ts';
import {
  FACE_CONFIG,
  putFaces,
  putManifest,
  putVoices,
  trainingFolder,
  VOICE_CONFIG,
  wav,
} from '../fixtures/training.ts';

const folder = trainingFolder();

beforeAll(() => {
  putFaces(folder, 8);
  putVoices(folder, 3);
});

afterAll(() => {
  folder.remove();
});

interface Run extends TrainingOutcome {
  readonly said: string;
}

/** Train into `runs/name`; stops after `stopAfter` steps where it says so. */
async function train(
  config: object,
  name: string,
  { stopAfter, onStep, ...more }: Partial<TrainingOptions> & { readonly stopAfter?: number } = {},
): Promise<Run> {
  const controller = new AbortController();
  const said: string[] = [];
  let steps = 0;
  const outcome = await trainInFolder(parseTrainingConfig(JSON.stringify(config), 'config.json'), {
    data: folder.path,
    out: folder.out(name),
    network: { threads: 1 },
    ffmpeg: 'ffmpeg',
    signal: controller.signal,
    stream: { write: (text) => said.push(text) },
    onStep(step) {
      if (++steps === stopAfter) controller.abort();
      onStep?.(step);
    },
    ...more,
  });
  return { ...outcome, said: said.join('') };
}

const inRun = (name: string, file: string): string => join(folder.out(name), file);
const bytes = (name: string, file = 'face.onnx'): Buffer => readFileSync(inRun(name, file));
const history = (name: string) =>
  JSON.parse(readFileSync(inRun(name, 'history.json'), 'utf8')) as Record<string, number>[];

describe('training a face network', () => {
  it('learns what the clips show, and tells how well after each epoch', async () => {
    const run = await train({ ...FACE_CONFIG, schedule: { ...FACE_CONFIG.schedule, epochs: 10 } }, 'learns');
    expect(run).toMatchObject({ status: 'finished', file: inRun('learns', 'face.onnx') });
    const epochs = history('learns');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(epochs.at(-1)?.['top1']).toBeGreaterThan(0.95);
    expect(epochs.at(-1)?.['uar']).toBeGreaterThan(0.95);
    expect(epochs.at(-1)?.['macroF1']).toBeGreaterThan(0.85);
    expect(epochs.at(-1)?.['loss']).toBeLessThan(epochs[0]?.['loss'] ?? 0);
    expect(run.said).toMatch(/^epoch 10 of 10 {2}loss \d\.\d{4} {2}top1 [01]\.\d{4} {2}uar/m);
    expect(run.said).toContain('24 clips an epoch, 0 held back, 24 judged on; 0 have no vote for the labels, 0 cannot');
  });

  it('gives the same weights and history, bit for bit, wherever it was stopped', async () => {
    await train(FACE_CONFIG, 'whole');
    let n = 0;
    const steps = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(steps, async (stops) => {
        const name = `stopped-${n++}`;
        for (const stopAfter of stops) {
          const run = await train(FACE_CONFIG, name, { stopAfter });
          expect(run.status).toBe('stopped');
          expect(run.said).toMatch(/stopped after step \d+ of 12: the same command goes on from here/);
          expect(existsSync(inRun(name, 'face.onnx'))).toBe(false);
        }
        expect((await train(FACE_CONFIG, name)).status).toBe('finished');
        expect(bytes(name).equals(bytes('whole'))).toBe(true);
        expect(history(name)).toEqual(history('whole'));
      }),
      { numRuns: 4 },
    );
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    await train(FACE_CONFIG, 'seed-a');
    await train(FACE_CONFIG, 'seed-b');
    await train({ ...FACE_CONFIG, seed: 4 }, 'seed-c');
    expect(bytes('seed-a').equals(bytes('seed-b'))).toBe(true);
    expect(bytes('seed-a').equals(bytes('seed-c'))).toBe(false);
  });

  it('starts from what another configuration learned, where it says so', async () => {
    await train(FACE_CONFIG, 'tiny-face');
    const next = { ...FACE_CONFIG, name: 'next', start: 'tiny-face' };
    await train(next, 'next');
    const [before, after] = [history('tiny-face'), history('next')];
    expect(after[0]?.['loss']).toBeLessThan((before[0]?.['loss'] ?? 0) - 0.1);
    await expect(train({ ...next, start: 'nowhere' }, 'lost')).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringMatching(/nowhere.*train that configuration first/) as string,
    });
    const wider = { ...next, network: { ...FACE_CONFIG.network, channels: [12] } };
    await expect(train(wider, 'wider')).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringMatching(/'network' and 'labels' of both configurations alike/) as string,
    });
  });

  it('is done once: a finished run says so and trains nothing', async () => {
    await train(FACE_CONFIG, 'once');
    const before = statSync(inRun('once', 'checkpoint')).mtimeMs;
    const again = await train(FACE_CONFIG, 'once', { onStep: () => expect.fail('a step was done') });
    expect(again.status).toBe('before');
    expect(statSync(inRun('once', 'checkpoint')).mtimeMs).toBe(before);
    // Whoever removes the network gets it again, from the checkpoint.
    const network = bytes('once');
    rmSync(inRun('once', 'face.onnx'));
    expect((await train(FACE_CONFIG, 'once', { onStep: () => expect.fail('a step was done') })).status).toBe(
      'finished',
    );
    expect(bytes('once').equals(network)).toBe(true);
  });

  it('leaves nothing but the run in its folder', async () => {
    await train(FACE_CONFIG, 'tidy');
    const files = ['checkpoint', 'face.onnx', 'held-back.txt', 'history.json', 'run.json'];
    expect(readdirSync(folder.out('tidy')).toSorted()).toEqual(files);
  });

  it('writes down which clips it held back, and does not learn from them', async () => {
    const run = await train({ ...FACE_CONFIG, holdBack: 0.3 }, 'held');
    const ids = bytes('held', 'held-back.txt').toString('utf8').split('\n').slice(0, -1);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.every((id) => id.startsWith('train-'))).toBe(true);
    expect(run.said).toContain(`${24 - ids.length} clips an epoch, ${ids.length} held back`);
  });
});

describe('training a voice network', () => {
  it('learns what the clips sound like; stopped anywhere, reading included, it ends the same', async () => {
    expect((await train(VOICE_CONFIG, 'voice')).status).toBe('finished');
    expect(history('voice').at(-1)?.['top1']).toBeGreaterThan(0.6);
    expect(existsSync(inRun('voice', 'cache'))).toBe(false);

    const controller = new AbortController();
    const stream = {
      write: (text: string) => {
        if (/^reading clips +[45]\d %/.test(text)) controller.abort();
      },
    };
    const early = await train(VOICE_CONFIG, 'voice-2', { signal: controller.signal, stream });
    expect(early.status).toBe('stopped');
    expect(existsSync(inRun('voice-2', 'checkpoint'))).toBe(false);
    expect(readdirSync(inRun('voice-2', 'cache')).length).toBeGreaterThan(0);
    expect((await train(VOICE_CONFIG, 'voice-2', { stopAfter: 4 })).status).toBe('stopped');
    expect((await train(VOICE_CONFIG, 'voice-2')).status).toBe('finished');
    expect(bytes('voice-2', 'voice.onnx').equals(bytes('voice', 'voice.onnx'))).toBe(true);
  });

  it('holds back whole speakers', async () => {
    await train({ ...VOICE_CONFIG, holdBack: 0.5, schedule: { ...VOICE_CONFIG.schedule, epochs: 1 } }, 'speakers');
    const ids = bytes('speakers', 'held-back.txt').toString('utf8').split('\n').slice(0, -1);
    const speakers = new Set(ids.map((id) => id.at(-1)));
    expect(speakers.size).toBeGreaterThan(0);
    expect(ids.length).toBe(3 * speakers.size);
  });
});

describe('what cannot be read', () => {
  const good = () => readFileSync(join(folder.path, 'faces.jsonl'), 'utf8');

  it('is counted and named, and training goes on', async () => {
    const broken = Array.from({ length: 12 }, (_, i) => {
      folder.put(`cut-${i}.png`, readFileSync(join(folder.path, 'train-anger-0.png')).subarray(0, 60));
      return { id: `cut-${i}`, split: 'train', media: { image: `cut-${i}.png` }, votes: { face: { anger: 1 } } };
    });
    const none = { id: 'none', split: 'train', votes: { face: { anger: 1 } } };
    const other = { id: 'other', split: 'train', media: { image: 'x.png' }, votes: { face: { contempt: 1 } } };
    folder.put('mixed.jsonl', good() + [none, ...broken, other].map((line) => `${JSON.stringify(line)}\n`).join(''));
    const run = await train({ ...FACE_CONFIG, corpora: ['mixed.jsonl'] }, 'mixed');
    expect(run.status).toBe('finished');
    expect(run.said).toContain(
      '24 clips an epoch, 0 held back, 24 judged on; 1 have no vote for the labels, 13 cannot',
    );
    expect(run.said).toContain("  none: clip none has no 'image'");
    expect(run.said).toContain('cut-8.png');
    expect(run.said).not.toContain('cut-9.png');
    expect(run.said).toContain('  and 3 more');
  });

  it('ends the run where nothing is left, and a sound shorter than a frame counts among it', async () => {
    const lines = FACE_CONFIG.labels.map((label) => {
      folder.put(`short-${label}.wav`, wav(new Float32Array(100)));
      return { id: label, media: { audio: `short-${label}.wav` }, votes: { voice: { [label]: 1 } } };
    });
    putManifest(folder, 'short.jsonl', lines);
    const config = { ...VOICE_CONFIG, corpora: ['short.jsonl'] };
    await expect(train(config, 'short')).rejects.toMatchObject({
      code: 'corpus-invalid',
      message: expect.stringMatching(
        /no clip of split 'train' can be learned from as a voice: look at 'corpora'/,
      ) as string,
    });
    expect(existsSync(inRun('short', 'lock'))).toBe(false);
  });

  it.each([
    [
      'a label that is never positive',
      { labels: ['neutral', 'happiness', 'anger', 'fear'] },
      /label 'fear' is never positive in training: leave it out/,
    ],
    ['a manifest that is missing', { corpora: ['nowhere.jsonl'] }, /cannot read .*nowhere\.jsonl/],
    ['no clip to judge on', { dev: ['train-only.jsonl'] }, /train-only\.jsonl: no clip of split 'dev' has a vote/],
    [
      'a clip that is learned from and judged on',
      { corpora: ['no-split.jsonl'], dev: ['no-split.jsonl'] },
      /no-split\.jsonl, line 1: 'train-neutral-0' would be learned from and judged on: give it a 'split'/,
    ],
  ])('refuses %s', async (name, change, message) => {
    folder.put('train-only.jsonl', good().replaceAll('"split":"dev"', '"split":"train"'));
    folder.put('no-split.jsonl', good().replaceAll(/"split":"[a-z]*",/g, ''));
    await expect(train({ ...FACE_CONFIG, ...change }, name)).rejects.toMatchObject({
      code: 'corpus-invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a run that goes wrong', () => {
  it('says at which step the loss is no longer a number, and how to go on', async () => {
    const schedule = { ...FACE_CONFIG.schedule, rate: 1e9, warmupEpochs: 0, epochs: 50 };
    await expect(train({ ...FACE_CONFIG, schedule }, 'nan')).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringMatching(
        /the loss of face is .* at step \d+ \(epoch \d+, .*choose a lower rate than 1000000000/,
      ) as string,
    });
    expect(existsSync(inRun('nan', 'face.onnx'))).toBe(false);
    expect(existsSync(inRun('nan', 'lock'))).toBe(false);
  });

  it('refuses a damaged checkpoint', async () => {
    await train(FACE_CONFIG, 'damaged', { stopAfter: 2 });
    const file = inRun('damaged', 'checkpoint');
    truncateSync(file, statSync(file).size - 4);
    await expect(train(FACE_CONFIG, 'damaged')).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringMatching(/checkpoint is no checkpoint, or damaged: remove it/) as string,
    });
    rmSync(file);
    expect((await train(FACE_CONFIG, 'damaged')).status).toBe('finished');
  });

  it('refuses to go on with another configuration or other clips', async () => {
    await train(FACE_CONFIG, 'other', { stopAfter: 2 });
    const longer = { ...FACE_CONFIG, schedule: { ...FACE_CONFIG.schedule, epochs: 5 } };
    const refusal = { code: 'training-failed', message: expect.stringMatching(/is of another run/) as string };
    await expect(train(longer, 'other')).rejects.toMatchObject(refusal);
    await expect(train({ ...FACE_CONFIG, holdBack: 0.3 }, 'other')).rejects.toMatchObject(refusal);
    rmSync(inRun('other', 'run.json'));
    await expect(train(longer, 'other')).rejects.toMatchObject(refusal);
  });
});

describe('the lock of a folder', () => {
  const lock = (name: string, pid: number, host = hostname()): void => {
    putManifest(folder, join('runs', name, 'lock'), []);
    writeFileSync(inRun(name, 'lock'), JSON.stringify({ pid, host, nonce: 'x' }));
  };

  it('keeps a second process out while the first is alive', async () => {
    lock('locked', process.ppid);
    await expect(train(FACE_CONFIG, 'locked')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(new RegExp(`is in use by process ${process.ppid}: wait until it ends`)) as string,
    });
    lock('locked', 1, 'elsewhere');
    await expect(train(FACE_CONFIG, 'locked')).rejects.toMatchObject({
      message: expect.stringMatching(/process 1 of elsewhere/) as string,
    });
  });

  it('does not count when its process is gone, or silent for long', async () => {
    lock('gone', 2 ** 22 + 1);
    expect((await train(FACE_CONFIG, 'gone', { stopAfter: 1 })).status).toBe('stopped');
    lock('gone', 1, 'elsewhere');
    utimesSync(inRun('gone', 'lock'), new Date(0), new Date(0));
    expect((await train(FACE_CONFIG, 'gone')).status).toBe('finished');
  });

  it('cannot be had where nothing can be written', async () => {
    folder.put('file', '');
    await expect(train(FACE_CONFIG, '../file/run')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/cannot write in .*choose another --out/) as string,
    });
  });
});
