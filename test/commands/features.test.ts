/** `undertone features`: tiny imported encoders over generated clips. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importEncoder } from '../../models/toolkit/encoders/import-encoder.ts';
import { openFeatures } from '../../models/toolkit/features/read.ts';
import { features } from '../../src/commands/features.ts';
import { makeFeatures } from '../../src/commands/features-run.ts';
import { readCorpus } from '../../src/io/corpus/corpus.ts';
import { H264, mediaFolder } from '../fixtures/media.ts';
import { putFaces, putManifest, putVoices, trainingFolder } from '../fixtures/training.ts';
import { encoderFixture, farthest } from '../models/toolkit/encoders/fixtures.ts';
import { inProcess } from './in-process.ts';

const folder = trainingFolder();
const made = mediaFolder();
const [voice, face] = [folder.out('wavlm'), folder.out('mobilenetv2')];
beforeAll(async () => {
  putVoices(folder, 2);
  putFaces(folder, 1);
  await importEncoder('wavlm', { from: encoderFixture('wavlm-large-tiny'), out: voice });
  await importEncoder('mobilenetv2', { from: encoderFixture('mobilenetv2-tiny'), out: face });
});
afterAll(() => {
  folder.remove();
  made.remove();
});

const run = (corpus: string, out: string, ...options: string[]) =>
  inProcess(features, [join(folder.path, corpus), '--out', folder.out(out), ...options], folder.path);

describe('undertone features', () => {
  it('keeps the hidden states of voices', async () => {
    const ran = await run('voices.jsonl', 'states', '--encoder', voice, '--json');
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/^12 clips, 0 more without a voice; about [\d.]+ kB to write$/m);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      clips: 12,
      failed: 0,
      making: { layers: [0, 1, 2, 3], frames: 'each' },
    });
    const open = await openFeatures(folder.out('states'));
    const found = open.clip('train-anger-0', 'anger.opus');
    if (!('read' in found)) throw new Error(found.why);
    expect(found.read(0, found.frames)).toHaveLength(4 * found.frames * open.manifest.making.width);
  });

  it('keeps chosen layers, the mean over frames, and clips of one split', async () => {
    const ran = await run(
      'voices.jsonl',
      'pooled',
      '--encoder',
      voice,
      '--layers',
      '3,1',
      '--pooled',
      '--split',
      'dev',
    );
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/pooled: 6 clips, 2 x 32 a clip, /) as string });
    const { manifest } = await openFeatures(folder.out('pooled'));
    expect(manifest.making).toMatchObject({ layers: [1, 3], frames: 'mean' });
    expect(manifest.bytes).toBe(6 * 2 * manifest.making.width * 2);
  });

  it('computes in what it is told to, and says so where that is float16', async () => {
    const half = folder.out('wavlm-half');
    await importEncoder('wavlm', { from: encoderFixture('wavlm-large-tiny'), out: half, half: true });
    const [single, float16] = [await precisionOf('single'), await precisionOf('float16', '--precision', 'float16')];
    expect([single.precision, float16.precision]).toEqual([undefined, 'float16']);
    expect(farthest(float16.states, single.states)).toBeLessThan(1e-2);
    expect(await run('voices.jsonl', 'none', '--encoder', voice, '--precision', 'float16')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/import it again with --half/) as string,
    });

    async function precisionOf(out: string, ...options: string[]) {
      expect(await run('voices.jsonl', out, '--encoder', half, ...options)).toMatchObject({ code: 0 });
      const open = await openFeatures(folder.out(out));
      const found = open.clip('train-anger-0', 'anger.opus');
      if (!('read' in found)) throw new Error(found.why);
      return { precision: open.manifest.making.precision, states: found.read(0, found.frames) };
    }
  });

  it('keeps the vectors of crops, and of the faces of a video', async () => {
    expect(await run('faces.jsonl', 'crops', '--encoder', face, '--side', '64')).toMatchObject({ code: 0 });
    expect((await openFeatures(folder.out('crops'))).manifest).toMatchObject({ clips: 6, making: { side: 64 } });
    const still = ['-loop', '1', '-framerate', '5', '-t', '1', '-i', 'test/fixtures/faces/astronaut.png'] as const;
    folder.put('smile.mp4', readFileSync(await made.make('smile.mp4', ...still, ...H264, '-qp', '0')));
    putManifest(folder, 'videos.jsonl', [{ id: 'smile', media: { video: 'smile.mp4' } }]);
    expect(await run('videos.jsonl', 'videos', '--encoder', face, '--side', '64')).toMatchObject({ code: 0 });
    const open = await openFeatures(folder.out('videos'));
    const found = open.clip('smile', 'smile.mp4');
    if (!('read' in found)) throw new Error(found.why);
    // Live, a face is the participant's once it has been there for 300 ms: the last three of five frames.
    expect(found.frames).toBe(3);
    const [first, last] = [found.read(0, 1), found.read(2, 1)];
    expect(first).toHaveLength(open.manifest.making.width);
    // Nothing moves, and nothing was lost in coding.
    expect(farthest(first, last)).toBeLessThan(1e-2);
  });

  it('goes on after it was stopped, and makes the same', async () => {
    const corpus = await readCorpus(join(folder.path, 'voices.jsonl'));
    const said: string[] = [];
    const controller = new AbortController();
    const options = (out: string) => ({
      encoder: voice,
      out: folder.out(out),
      network: { threads: 1 },
      ffmpeg: 'ffmpeg',
      shardClips: 4,
      stream: { write: (text: string) => said.push(text) },
    });
    const stopAt = { write: (text: string) => (text.includes('4 of 12') ? controller.abort() : undefined) };
    expect(await makeFeatures(corpus, { ...options('again'), stream: stopAt, signal: controller.signal })).toBeNull();
    expect(readdirSync(folder.out('again')).toSorted()).toEqual(['00000.f16', '00000.json']);
    const { signal } = new AbortController();
    const resumed = await makeFeatures(corpus, { ...options('again'), signal });
    expect(said.join('')).toMatch(/, 4 clips are done\n/);
    expect(resumed).toEqual(await makeFeatures(corpus, { ...options('whole'), signal }));
  });

  it('names a clip that cannot be encoded, and goes on', async () => {
    putManifest(folder, 'some.jsonl', [
      { id: 'gone', media: { audio: 'gone.opus' } },
      { id: 'there', media: { audio: 'anger.opus' } },
      { id: 'silent', media: { image: 'a.png' } },
    ]);
    const ran = await run('some.jsonl', 'some', '--encoder', voice);
    expect(ran.stderr).toMatch(/^undertone: failed: gone: .*is missing/m);
    expect(ran.stdout).toMatch(/1 clips, .*; 1 could not be encoded; 1 have no voice\n$/);
  });

  it.each([
    [['--encoder', voice, '--layers', '4'], /--layers: there is no hidden state 4: the encoder gives 0 to 3/],
    [['--encoder', voice, '--layers', 'all'], /--layers 'all' is no list/],
    [['--encoder', face, '--layers', '0'], /an encoder of faces gives one layer/],
    [[], /--encoder is missing/],
  ])('refuses %j', async (options, said) => {
    const { code, stderr } = await run('voices.jsonl', 'refused', ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });

  it('refuses a folder that is no encoder', async () => {
    const { code, stderr } = await run('voices.jsonl', 'refused-2', '--encoder', folder.path);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/encoder-invalid/) as string });
  });
});
