import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { examplesOf } from '../../../../models/toolkit/train/examples.ts';
import { voiceExamples } from '../../../../models/toolkit/train/voice-data.ts';
import { augmentVoice } from '../../../../src/core/augment/voice.ts';
import { logMel } from '../../../../src/core/features.ts';
import { parseManifest } from '../../../../src/core/manifest.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { UndertoneError } from '../../../../src/errors.ts';

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'undertone-logmel-'));
});

afterEach(() => {
  rmSync(cache, { recursive: true });
});

const lines = ['a', 'b', 'c'].map((id) => ({ id, media: { audio: `${id}.wav` }, votes: { voice: { anger: 1 } } }));
const { clips } = parseManifest(lines.map((line) => JSON.stringify(line)).join('\n'), 'm.jsonl');
const { examples } = examplesOf(clips, 'voice', ['anger', 'fear']);
const augmentation = { gainDb: 6 };

const sound = (file: string): Float32Array => {
  const random = randomStream('sound', file);
  return Float32Array.from({ length: 4000 }, () => random() - 0.5);
};
const frames = (samples: Float32Array): Float32Array => logMel(new Float32Array(0), samples).frames;
const files = (): string[] =>
  readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.f32'));

/** Make the clips ready; tells which were decoded. */
async function make(change: Partial<Parameters<typeof voiceExamples>[1]> = {}) {
  const decoded: string[] = [];
  const result = await voiceExamples(examples, {
    audio: ({ file }) => {
      decoded.push(file);
      return Promise.resolve(sound(file));
    },
    stamp: () => Promise.resolve('1 1'),
    cache,
    seed: 7,
    variants: 3,
    augmentation,
    signal: new AbortController().signal,
    ...change,
  });
  return { ...result, decoded };
}

test('the first variant is the clip as it is, the others are drawn from the seed, the id and their number', async () => {
  const { read, unread } = await make();
  expect(unread).toEqual([]);
  expect(read.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  const [plain, second] = read[1]?.variants ?? [];
  expect(plain?.()).toEqual(frames(sound('b.wav')));
  expect(second?.()).toEqual(frames(augmentVoice(sound('b.wav'), randomStream(7, 'variant', 'b', 1), augmentation)));
});

test('what was made is not made again, and is the same', async () => {
  const first = await make();
  const again = await make();
  expect(first.decoded).toEqual(['a.wav', 'b.wav', 'c.wav']);
  expect(again.decoded).toEqual([]);
  const all = ({ read }: typeof first) => read.map(({ variants }) => variants.map((variant) => variant()));
  expect(all(again)).toEqual(all(first));
});

test('another seed or augmentation makes the variants anew, another state of the file all; fewer variants none', async () => {
  await make();
  expect(files().length).toBe(9);
  await make({ seed: 8 });
  expect(files().length).toBe(15);
  await make({ augmentation: { gainDb: 3 } });
  expect(files().length).toBe(21);
  await make({ stamp: () => Promise.resolve('1 2') });
  expect(files().length).toBe(30);
  expect((await make({ variants: 1 })).decoded).toEqual([]);
});

test('a run that is stopped keeps what it made; a file that was cut is made again', async () => {
  const controller = new AbortController();
  let clipsDone = 0;
  const onClip = (): void => {
    if (++clipsDone === 2) controller.abort();
  };
  expect((await make({ signal: controller.signal, onClip })).decoded).toEqual(['a.wav', 'b.wav']);
  truncateSync(join(cache, files()[0] ?? ''), 100);
  const rest = await make();
  expect(rest.decoded.length).toBe(2);
  expect(rest.decoded).toContain('c.wav');
  expect(rest.read.every(({ variants }) => variants.every((variant) => variant().length % 64 === 0))).toBe(true);
});

test('a clip that cannot be read is counted; a machine that cannot decode ends it all', async () => {
  const failing = (code: 'bad-media' | 'setup-missing') => ({
    audio: ({ file }: { readonly file: string }) =>
      file === 'b.wav' ? Promise.reject(new UndertoneError(code, `${file} is broken`)) : Promise.resolve(sound(file)),
  });
  const { read, unread } = await make(failing('bad-media'));
  expect(read.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(unread).toEqual([{ id: 'b', why: 'b.wav is broken' }]);
  await expect(make({ ...failing('setup-missing'), cache: join(cache, 'other') })).rejects.toMatchObject({
    code: 'setup-missing',
  });
});

test('frames that are gone in the middle of a run are told', async () => {
  const { read } = await make();
  rmSync(cache, { recursive: true });
  expect(existsSync(cache)).toBe(false);
  expect(() => read[0]?.variants[0]?.()).toThrow(/cannot be read .*: run the same command again/);
  await make();
});
