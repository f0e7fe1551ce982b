import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGraph } from '../../models/graph/graph.ts';
import { encodeGraph } from '../../models/graph/model.ts';
import { loadPack } from '../../models/pack.ts';
import { voiceNetwork } from '../../models/nets/voice.ts';
import { faceNetwork } from '../../models/nets/face.ts';
import { pack } from '../../src/commands/pack.ts';
import { openNetwork } from '../../models/runtime.ts';
import { randomStream } from '../../src/core/random.ts';
import { corpusFolder, type CorpusFolder } from '../fixtures/corpus.ts';
import { FACE_CONFIG, VOICE_CONFIG } from '../fixtures/training.ts';

const LABELS = ['neutral', 'happiness', 'anger'] as const;
let folder: CorpusFolder;

/** A finished run of a network as it starts. */
function putRun(name: string, kind: 'voice' | 'face', bytes: Uint8Array): void {
  const run = join(folder.path, 'runs', name);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, `${kind}.onnx`), bytes);
  const network = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(run, 'run.json'), JSON.stringify({ fingerprint: 'of the run', network }));
}

/** A network with the weights it starts from. */
function untrained(kind: 'voice' | 'face', seed = 0): Uint8Array {
  const build = (mode: 'train' | 'serve', weights?: ReadonlyMap<string, Float32Array>) => {
    const graph = createGraph({ mode, seed, ...(weights && { weights }) });
    const outputs =
      kind === 'voice'
        ? voiceNetwork(graph.input('logmel', ['n', 300, 64]), VOICE, LABELS.length)
        : faceNetwork(graph.input('pixels', ['n', 1, 48, 48]), FACE, LABELS.length);
    return { graph, outputs: { ...outputs } };
  };
  const { parameters, statistics } = build('train').graph;
  const weights = new Map([...parameters, ...statistics].map(([name, { initial }]) => [name, initial]));
  const { graph, outputs } = build('serve', weights);
  return encodeGraph(graph, outputs, { name: kind });
}

const VOICE = { stem: 4, channels: [8], width: 8, heads: 2, layers: 1, dropout: 0.1 };
const FACE = { stem: 4, channels: [8], blocks: [1], dropout: 0.1 };

beforeAll(() => {
  folder = corpusFolder();
  folder.put('voice.json', JSON.stringify({ name: 'my-voice', kind: 'voice', labels: LABELS, trimDb: 35 }));
  folder.put('face.json', JSON.stringify({ name: 'my-face', kind: 'face', labels: LABELS }));
  folder.put('pack.json', JSON.stringify(DESCRIPTION));
  putRun('my-voice', 'voice', untrained('voice'));
  putRun('my-face', 'face', untrained('face'));
});

afterAll(() => {
  folder.remove();
});

const DESCRIPTION = {
  name: 'mine',
  version: '1.0.0',
  licence: 'CC0-1.0',
  minTopProbability: 0.7,
  networks: { voice: 'voice.json', face: 'face.json' },
  provenance: { madeBy: 'a test' },
};

const at = (path: string): string => join(folder.path, path);
const make = (out: string, more: Readonly<Record<string, string | true>> = {}, description = 'pack.json') => {
  const options: Readonly<Record<string, string | true>> = { runs: at('runs'), out: at(out), ...more };
  return pack.run({
    positionals: [at(description)],
    text: (option) => {
      const value = options[option];
      return typeof value === 'string' ? value : undefined;
    },
    has: (option) => options[option] === true,
    env: {},
    signal: new AbortController().signal,
  });
};

it('puts trained networks together as a pack that loads, not yet calibrated', async () => {
  folder.put('card.md', '# Mine\n');
  expect(await make('mine', { card: at('card.md') })).toBe(0);
  const loaded = await loadPack(at('mine'));
  expect(loaded.pack).toMatchObject({ name: 'mine', labels: LABELS, fusion: null });
  expect(loaded.networks.voice.contract).toMatchObject({
    trimDb: 35,
    outputs: { embedding: ['n', 75, 8], shareLogits: ['n', 3], presenceLogits: ['n', 3] },
  });
  expect(loaded.pack.networks.face.calibration.anger).toEqual({ method: 'temperature', form: 'logit', temperature: 1 });
  expect(readdirSync(at('mine')).toSorted()).toEqual(['README.md', 'face.onnx', 'pack.json', 'voice.onnx']);
});

it('does not write over a pack, but where it is told to', async () => {
  await make('twice');
  const before = readFileSync(at('twice/pack.json'));
  await expect(make('twice')).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/is there already.*--force/) as string,
  });
  expect(await make('twice', { force: true })).toBe(0);
  expect(readFileSync(at('twice/pack.json'))).toEqual(before);
});

it('never touches a folder that is no pack', async () => {
  folder.put('precious/thesis.txt', 'years of work');
  await expect(make('precious', { force: true })).rejects.toMatchObject({
    message: expect.stringMatching(/something other than a pack/) as string,
  });
  expect(readdirSync(at('precious'))).toEqual(['thesis.txt']);
});

it('refuses what was not trained to its end, or was changed since', async () => {
  folder.put('early.json', JSON.stringify({ name: 'early', kind: 'voice', labels: LABELS }));
  folder.put(
    'early-pack.json',
    JSON.stringify({ ...DESCRIPTION, networks: { voice: 'early.json', face: 'face.json' } }),
  );
  await expect(make('early', {}, 'early-pack.json')).rejects.toMatchObject({
    message: expect.stringMatching(/holds no finished run.*undertone train/) as string,
  });
  folder.put('other.json', JSON.stringify({ name: 'other', kind: 'voice', labels: LABELS }));
  folder.put(
    'other-pack.json',
    JSON.stringify({ ...DESCRIPTION, networks: { voice: 'other.json', face: 'face.json' } }),
  );
  putRun('other', 'voice', untrained('voice'));
  writeFileSync(at('runs/other/voice.onnx'), 'something else');
  await expect(make('other', {}, 'other-pack.json')).rejects.toMatchObject({
    message: expect.stringMatching(/is not the network that .* trained/) as string,
  });
  expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
});

it('makes one of several voice networks: the mean of their logits, their embeddings side by side', async () => {
  const config = { ...VOICE_CONFIG, network: VOICE, trimDb: 35 };
  ['one', 'two'].forEach((name, seed) => {
    folder.put(`${name}.json`, JSON.stringify({ ...config, name }));
    putRun(name, 'voice', untrained('voice', seed));
  });
  const networks = { voice: ['one.json', 'two.json'], face: 'face.json' };
  folder.put('both.json', JSON.stringify({ ...DESCRIPTION, networks }));
  await make('both', {}, 'both.json');
  const { networks: loaded } = await loadPack(at('both'));
  expect(loaded.voice.contract).toMatchObject({ outputs: { embedding: ['n', 75, 16], shareLogits: ['n', 3] } });

  const random = randomStream('voice');
  const logmel = { data: Float32Array.from({ length: 2 * 300 * 64 }, () => -6 * random()), dims: [2, 300, 64] };
  const asked = async (bytes: Uint8Array, width: number) => {
    const outputs = { embedding: ['n', 75, width], shareLogits: ['n', 3], presenceLogits: ['n', 3] } as const;
    const network = await openNetwork({
      name: 'voice',
      bytes,
      contract: { inputs: { logmel: ['n', 300, 64] }, outputs },
    });
    try {
      return await network.run({ logmel });
    } finally {
      await network.close();
    }
  };
  const both = await asked(readFileSync(join(at('both'), 'voice.onnx')), 16);
  const [one, two] = [await asked(untrained('voice', 0), 8), await asked(untrained('voice', 1), 8)];
  for (const name of ['shareLogits', 'presenceLogits'] as const)
    both[name]?.data.forEach((logit, i) => {
      expect(logit).toBeCloseTo(((one[name]?.data[i] ?? NaN) + (two[name]?.data[i] ?? NaN)) / 2, 5);
    });
  expect([...(both['embedding']?.data.subarray(0, 16) ?? [])]).toEqual([
    ...(one['embedding']?.data.subarray(0, 8) ?? []),
    ...(two['embedding']?.data.subarray(0, 8) ?? []),
  ]);
});

it('refuses an ensemble of voices that were taught different labels, or of faces', async () => {
  folder.put('few.json', JSON.stringify({ ...VOICE_CONFIG, name: 'few', network: VOICE, labels: LABELS.slice(0, 2) }));
  putRun('few', 'voice', untrained('voice'));
  const of = (second: string) =>
    folder.put(
      'odd.json',
      JSON.stringify({ ...DESCRIPTION, networks: { voice: ['one.json', second], face: 'face.json' } }),
    );
  of('few.json');
  await expect(make('odd', {}, 'odd.json')).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/one.json and .*few.json differ in 'labels' or 'trimDb'/) as string,
  });
  folder.put('whole-face.json', JSON.stringify({ ...FACE_CONFIG, name: 'my-face' }));
  of('whole-face.json');
  await expect(make('odd', {}, 'odd.json')).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/whole-face.json is of kind face: an ensemble is of voices/) as string,
  });
});
