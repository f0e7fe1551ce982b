/** A network of attributes from `uncertainty train` into packs, and through every command that writes a pack. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import { loadPerception } from '../../models/perception.ts';
import { openEncoder } from '../../models/toolkit/train/encode.ts';
import { parseTrainingConfig } from '../../models/toolkit/train/config.ts';
import { askAttributes } from '../../models/toolkit/train/uncertainty-system.ts';
import { openNetworks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { calibrate } from '../../src/commands/calibrate.ts';
import type { Command } from '../../src/commands/command.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { pack } from '../../src/commands/pack.ts';
import { reference } from '../../src/commands/reference.ts';
import { reject } from '../../src/commands/reject.ts';
import { trainInFolder } from '../../src/commands/training.ts';
import { uncertainty } from '../../src/commands/uncertainty.ts';
import { readAttributes } from '../../src/commands/uncertainty-training.ts';
import { ATTRIBUTES } from '../../src/core/vad/attributes.ts';
import { FACE_CONFIG, putFaces, putVoices, trainingFolder, VOICE_CONFIG } from '../fixtures/training.ts';
import { manifestOf, votedFaces } from '../fixtures/voted-corpus.ts';
import { inProcess } from './in-process.ts';

const folder = trainingFolder();
const at = (path: string): string => join(folder.path, path);
const SCHEDULE = { epochs: 2, batch: 8, rate: 0.01 };
const CONFIG = {
  name: 'tiny-attributes',
  kind: 'uncertainty',
  seed: 3,
  modality: 'face',
  embedding: [8],
  labels: FACE_CONFIG.labels,
  corpora: ['faces.jsonl'],
  dev: ['faces.jsonl'],
  holdBack: 0.25,
  attributes: ATTRIBUTES,
  network: { autoencoder: 'variational', encoder: [16], latent: 4, regressor: [8], dropout: 0.1 },
  draws: 20,
  schedules: { unlabelled: SCHEDULE, labelled: SCHEDULE },
};

const ran = (command: Command, ...args: readonly string[]) => inProcess(command, args, folder.path);
const done = async (command: Command, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await ran(command, ...args);
  expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
  return stdout;
};
const manifestIn = (dir: string) => JSON.parse(readFileSync(at(`${dir}/pack.json`), 'utf8')) as Format2;
const trainedBy = (config: object, name: string, ...more: readonly string[]) =>
  done(
    uncertainty,
    ...['train', folder.put(`${name}.json`, JSON.stringify(config)), '--out', folder.out(name)],
    ...['--encoder', join(folder.out('tiny-face'), 'face.onnx'), '--data', folder.path],
    ...['--cache', at('embeddings'), ...more],
  );

beforeAll(async () => {
  putFaces(folder, 12);
  putVoices(folder, 3);
  for (const config of [FACE_CONFIG, VOICE_CONFIG]) {
    folder.put(`${config.name}.json`, JSON.stringify(config));
    await trainInFolder(parseTrainingConfig(JSON.stringify(config), 'config.json'), {
      data: folder.path,
      network: { threads: 1 },
      ffmpeg: 'ffmpeg',
      signal: new AbortController().signal,
      stream: { write: () => undefined },
      out: folder.out(config.name),
    });
  }
  await trainedBy(CONFIG, 'tiny-attributes');
  const networks = { voice: 'tiny-voice.json', face: 'tiny-face.json' };
  const description = {
    name: 'mine',
    version: '1.0.0',
    licence: 'CC0-1.0',
    minTopProbability: 0.5,
    networks,
    provenance: {},
  };
  folder.put('bare.json', JSON.stringify(description));
  folder.put(
    'whole.json',
    JSON.stringify({ ...description, networks: { ...networks, attributes: { face: 'tiny-attributes.json' } } }),
  );
  await done(pack, at('bare.json'), '--runs', at('runs'), '--out', 'bare');
  await done(pack, at('whole.json'), '--runs', at('runs'), '--out', 'whole');
}, 120_000);
afterAll(() => {
  folder.remove();
});

it('is taken by pack, and by add under the next version: the same network, which evaluate finds', async () => {
  await done(uncertainty, 'add', folder.out('tiny-attributes'), '--pack', 'bare', '--out', 'added');
  const [whole, added] = [manifestIn('whole'), manifestIn('added')];
  expect(whole.attributes?.face).toMatchObject({ file: 'attributes-face.onnx', labels: 'derived' });
  expect(added.attributes).toEqual(whole.attributes);
  expect([whole.version, added.version]).toEqual(['1.0.0', '1.0.1']);
  expect(added.provenance['attributes.face']).toMatch(/clips of faces\.jsonl; labels derived from votes/);
  expect(readdirSync(at('added'))).toEqual(expect.arrayContaining(['attributes-face.json', 'attributes-face.onnx']));
  const encoder = ['--encoder', at('added/face.onnx'), '--data', folder.path, '--cache', at('embeddings')];
  const [ofRun, ofPack] = [
    await done(uncertainty, 'evaluate', folder.out('tiny-attributes'), '--json', ...encoder),
    await done(uncertainty, 'evaluate', at('added'), '--json', ...encoder),
  ];
  expect(ofPack).toEqual(ofRun);
});

it('says of a face in a worker what evaluate asks it to say of the same picture', async () => {
  const trained = await readAttributes(at('whole'));
  const { networks: models, pack: loaded } = await loadPack(at('whole'));
  const perception = await loadPerception('models/perception');
  const networks = await openNetworks({ models: { ...models, ...perception }, provider: 'cpu', threads: 1 });
  const face = await openEncoder(
    { bytes: models.face.bytes, embedding: [8], labels: loaded.networks.face.labels.length },
    { pixels: [1, 48, 48] },
  );
  try {
    const pixels = Float32Array.from({ length: 48 * 48 }, (_, i) => 0.5 + 0.5 * Math.sin(i / 11));
    const [look] = await face.run([pixels]);
    if (!look) throw new Error('no look');
    const [answer] = await windowCalls(networks)([
      {
        voice: null,
        face: { embeddings: look.embedding, shareLogits: look.shareLogits, presenceLogits: look.presenceLogits, n: 1 },
      },
    ]);
    if (!answer?.ok) throw new Error(answer?.message);
    const asked = await askAttributes(trained, [{ looks: [look.embedding] }]);
    for (const attribute of ATTRIBUTES) {
      const [expected] = asked[attribute] ?? [];
      const { bins, ...said } = answer.value.attributes?.[attribute] ?? { bins: [] };
      for (const [key, value] of Object.entries(said))
        expect(value).toBeCloseTo(expected?.[key as 'low' | 'high' | 'consensus' | 'uncertainty'] ?? NaN, 5);
      bins.forEach((share, bin) => expect(share).toBeCloseTo(expected?.bins[bin] ?? NaN, 5));
    }
  } finally {
    await face.close();
    await networks.close();
  }
});

it('is told by inspect, in words and to programs', async () => {
  expect(await done(inspect, at('whole'))).toMatch(/face's attributes.*attributes-face\.onnx/);
  expect(JSON.parse(await done(inspect, at('whole'), '--json'))).toMatchObject({
    attributes: { face: { labels: 'derived', interval: { level: 0.9 }, outputs: { bins: ['n', 3, 7] } } },
  });
  expect(JSON.parse(await done(inspect, at('bare'), '--json'))).toMatchObject({ attributes: {} });
});

it('is kept by calibrate, reference fit and reject fit', async () => {
  manifestOf(folder, 'voted.jsonl', votedFaces(folder, 80));
  const given = ['--corpus', at('voted.jsonl'), '--modality', 'face', '--threads', '1'];
  await done(calibrate, '--pack', 'whole', '--out', 'calibrated', ...given);
  await done(reference, 'fit', '--pack', 'calibrated', '--out', 'referenced', '--alarms', '0.1', ...given);
  await done(reject, 'fit', '--pack', 'referenced', '--out', 'promised', '--coverage', '0.3', ...given);
  for (const dir of ['calibrated', 'referenced', 'promised']) {
    expect(manifestIn(dir).attributes).toEqual(manifestIn('whole').attributes);
    expect((await loadPack(at(dir))).networks.attributes.face).toBeDefined();
    expect(existsSync(at(`${dir}/attributes-face.json`))).toBe(true);
  }
});

it('is refused by a pack of another encoder, and where it does not tell every attribute, and nothing is written', async () => {
  mkdirSync(at('runs/strange'), { recursive: true });
  cpSync(folder.out('tiny-attributes'), folder.out('strange'), { recursive: true });
  const record = join(folder.out('strange'), 'attributes.json');
  folder.put(
    'runs/strange/attributes.json',
    readFileSync(record, 'utf8').replace(/"sha256": "[0-9a-f]{8}/, '"sha256": "00000000'),
  );
  const refused = await ran(uncertainty, 'add', folder.out('strange'), '--pack', 'bare', '--out', 'x');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/learned from embeddings of another network, not of the face network/);
  expect(refused.stderr).toMatch(/undertone uncertainty train/);
  await trainedBy({ ...CONFIG, attributes: ['valence'], name: 'one-attribute' }, 'one-attribute');
  const one = await ran(uncertainty, 'add', folder.out('one-attribute'), '--pack', 'bare', '--out', 'x');
  expect(one.stderr).toMatch(/must be valence, arousal, dominance/);
  expect((await ran(uncertainty, 'add', at('nowhere'), '--pack', 'bare', '--out', 'x')).stderr).toContain(
    'has no attributes.json',
  );
  expect((await ran(uncertainty, 'add', folder.out('strange'), '--out', 'x')).stderr).toContain('--pack');
  expect(existsSync(at('x'))).toBe(false);
  expect(
    (await ran(uncertainty, 'add', folder.out('tiny-attributes'), '--pack', 'bare', '--out', 'whole')).stderr,
  ).toContain('--force');
});
