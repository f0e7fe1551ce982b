/** From checkpoints and a manifest to a calibrated pack, as a person types it: import, features, train, pack, inspect. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Format3 } from '../../models/pack-format/format-3.ts';
import type { PackDescription } from '../../models/toolkit/inspect.ts';
import { readSystem } from '../../models/toolkit/train/system-record.ts';
import type { Command } from '../../src/commands/command.ts';
import { calibrate } from '../../src/commands/calibrate.ts';
import { evaluateCommand } from '../../src/commands/evaluate.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { pack } from '../../src/commands/pack.ts';
import { reject } from '../../src/commands/reject.ts';
import { reference } from '../../src/commands/reference.ts';
import { STARTER } from '../fixtures/inference.ts';
import { SYSTEMS_CONFIG } from '../fixtures/systems.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';
import { trainingFolder } from '../fixtures/training.ts';
import { inProcess } from './in-process.ts';
import { CONFIG_FILE, DESCRIPTION, typeSystems } from './typed-systems.ts';

const folder = trainingFolder();
const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
const run = (command: Command, ...args: readonly string[]) => inProcess(command, args, folder.path);
const { name } = SYSTEMS_CONFIG;

const of = CONFIG_FILE;

/** Run `pack` on a description with these changes. */
function make(out: string, change: object = {}, ...options: readonly string[]) {
  const file = folder.put(`${out}.json`, JSON.stringify({ ...DESCRIPTION, ...change }));
  return run(pack, file, '--runs', at('runs'), '--out', out, ...options);
}
const manifestOf = (out: string) => JSON.parse(readFileSync(at(out, 'pack.json'), 'utf8')) as Format3;

/** A copy of the run, under another name, with something changed. */
function spoiled(as: string, file: string, change: (text: string) => string): { of: string } {
  cpSync(at('runs', name), at('runs', as), { recursive: true });
  folder.put(`${as}.config.json`, JSON.stringify({ ...SYSTEMS_CONFIG, name: as }));
  const path = at('runs', as, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return { of: `${as}.config.json` };
}

beforeAll(async () => {
  await typeSystems(folder);
  mkdirSync(at('small'));
  await writeTinyPack(at('small'));
  await make('over');
});
afterAll(() => {
  folder.remove();
});

describe('a pack over encoders', () => {
  it('is calibrated at once, and holds a system that stands for all networks once', async () => {
    const { stdout, stderr } = await make('mine');
    expect({ stdout, stderr }).toEqual({
      stdout: `${at('mine')}: mine 1.0.0, calibrated on clips that were held back\n`,
      stderr: '',
    });
    expect(readdirSync(at('mine')).toSorted()).toEqual(['calibration.json', 'pack.json', 'voice-face-fusion.onnx']);
    const { encoders, networks, decision, provenance } = manifestOf('mine');
    const { record, calibration } = await readSystem(at('runs', name), '12');
    expect(encoders).toMatchObject({
      voice: { folder: '../encoders/wavlm', kind: 'wavlm', layers: [0, 1, 2, 3], width: 32 },
      face: { folder: '../encoders/mobilenetv2', side: 48, sha256: record.features.face?.encoder.sha256 },
    });
    for (const modality of ['voice', 'face'] as const) {
      expect(networks[modality]).toMatchObject({ takes: 'states', sha256: record.network });
      expect(networks[modality].calibration).toEqual(calibration?.subsets[modality]?.calibration);
    }
    expect(networks.fusion).toMatchObject({ serves: ['both'] });
    expect(networks.fusion?.calibration).toEqual({ both: calibration?.subsets.both?.calibration });
    expect(decision.thresholds).toEqual({ neutral: 0.5, happiness: 0.5, anger: 0.5 });
    expect(provenance).toMatchObject({
      madeBy: 'a test',
      'network.fusion': 'system 12 of tiny-paper',
      'calibration.fusion.both': expect.stringMatching(/ on \d+ clips of both.jsonl that were held back$/) as string,
    });
  });

  it('may take a small network, with its calibration, from another pack', async () => {
    mkdirSync(at('taken'));
    await writeTinyPack(at('taken'), {
      attributes: ['face'],
      change: (small) => {
        small.networks.face.calibration.sadness = { method: 'platt', a: 3, b: 1 };
        small.provenance['calibration.face'] = 'platt on 9 clips';
      },
    });
    const networks = { voice: { system: '1', of }, face: { pack: 'taken' } };
    const { stdout, stderr } = await make('mixed', { networks, encoders: { voice: 'encoders/wavlm' } });
    expect(stdout).toMatch(/mixed: mine 1.0.0, calibrated on clips that were held back\n/);
    expect(stderr).toBe(
      'the face of tiny 1.0.0, Apache-2.0: its network of attributes is left out, a pack over encoders has no place for it\n',
    );
    const manifest = manifestOf('mixed');
    expect(manifest.labels.toSorted()).toEqual(['anger', 'happiness', 'neutral', 'sadness']);
    expect(manifest.encoders.face).toBeUndefined();
    expect(manifest.networks.face).toMatchObject({
      takes: 'pixels',
      file: 'face.onnx',
      calibration: { sadness: { method: 'platt', a: 3, b: 1 } },
    });
    expect(manifest.provenance).toMatchObject({
      'network.face': 'tiny 1.0.0, Apache-2.0',
      'calibration.face': 'tiny 1.0.0, Apache-2.0: platt on 9 clips',
    });
  });

  it('says what is not calibrated, where nothing was held back', async () => {
    const bare = spoiled('bare', 'system-12.calibration.json', (text) =>
      JSON.stringify({ ...(JSON.parse(text) as object), subsets: {} }),
    );
    const networks = { voice: { system: '1', of }, face: { system: '12', ...bare }, fusion: { system: '12', ...bare } };
    expect((await make('half-done', { networks, serves: ['face', 'both'] })).stdout).toMatch(
      /: mine 1.0.0, face, fusion.face, fusion.both not calibrated; run calibrate on it\n/,
    );
  });

  it('keeps weights in half the bytes where it is told to', async () => {
    await make('whole');
    await make('halved', { halved: ['fusion'] });
    const files = readdirSync(at('halved')).filter((file) => file.endsWith('.onnx'));
    expect(files.toSorted()).toEqual(['fusion.onnx', 'voice-face.onnx']);
    expect(manifestOf('halved').networks.fusion?.inputs).toEqual(manifestOf('whole').networks.fusion?.inputs);
  });

  it('is told by inspect with its encoders, and whether they are there', async () => {
    expect(JSON.parse((await make('told', {}, '--json')).stdout)).toEqual({
      out: at('told'),
      pack: 'mine@1.0.0',
      format: 3,
      calibrated: true,
    });
    const { stdout } = await run(inspect, at('told'));
    expect(stdout).toMatch(/^mine@1.0.0, format 3/);
    expect(stdout).toMatch(/voice +wavlm-large-tiny +wavlm +4 x 32 \(layers 0-3\) +\.\.\/encoders\/wavlm\n/);
    expect(stdout).toContain(`face    is there, in ${at('encoders/mobilenetv2')}\n`);
    cpSync(at('told'), at('elsewhere/told'), { recursive: true });
    const told = JSON.parse((await run(inspect, at('elsewhere/told'), '--json')).stdout) as PackDescription;
    expect(told.bytes).toBe(readFileSync(at('told/voice-face-fusion.onnx')).length);
    expect(told.encoders.voice).toMatchObject({ source: 'wavlm-large-tiny', dir: at('elsewhere/encoders/wavlm') });
    expect(told.encoders.voice?.problem).toMatch(/needs the encoder 'wavlm-large-tiny'.*import it there/);
    expect((await run(inspect, at('elsewhere/told'), '--encoders', at('encoders'))).stdout).toContain(
      'voice   is there',
    );
  });
});

describe('a pack over encoders, as any other', () => {
  const over = ['--pack', 'over', '--corpus', 'both.jsonl', '--split', 'dev', '--threads', '1'];
  const done = async (command: Command, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(command, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr });
    return stdout;
  };

  it.each(['voice', 'face', 'av'] as const)('is judged by evaluate as train judged it: %s', async (modality) => {
    const judgement = readFileSync(at('runs', name, 'judgement.json'), 'utf8');
    const { systems } = JSON.parse(judgement) as { systems: readonly { given: Record<string, Judged> }[] };
    const judged = systems[1]?.given[modality === 'av' ? 'both' : modality];
    const args = [...over, '--modality', modality, '--resamples', '2', '--json'];
    const found = JSON.parse(await done(evaluateCommand, ...args)) as Record<string, number>;
    const { top1, uar, kld } = judged?.figures ?? {};
    expect(found).toMatchObject({ n: 48, failed: 0, top1, uar });
    // States were kept as float16 for training.
    expect(found['kld']).toBeCloseTo(kld ?? NaN, 3);
    expect(found['brier']).toBeCloseTo(judged?.calibratedBrier ?? NaN, 3);
  });

  it('is calibrated again, and may promise', async () => {
    mkdirSync(at('deeper'));
    await done(calibrate, ...over, '--out', 'deeper/next');
    const next = manifestOf('deeper/next');
    expect(next).toMatchObject({
      format: 3,
      version: '1.0.1',
      encoders: { voice: { folder: '../../encoders/wavlm' } },
    });
    expect(next.networks.voice.calibration).not.toEqual(manifestOf('over').networks.voice.calibration);
    const [, , ...rest] = over;
    const options = ['--pack', 'deeper/next', ...rest, '--modality', 'voice'];
    expect(await done(reject, 'curve', ...options)).toMatch(/^48 clips of .*, voice, rejected by confidence\n/);
    await done(reject, 'fit', ...options, '--coverage', '0.5', '--out', 'ruled');
    expect(manifestOf('ruled')).toMatchObject({
      version: '1.0.2',
      encoders: { voice: { folder: '../encoders/wavlm' } },
    });
    expect(manifestOf('ruled').decision.reject?.voice?.promise).toMatchObject({ coverage: 0.5 });
  });

  it('is not scored without its encoders', async () => {
    cpSync(at('over'), at('far/away/over'), { recursive: true });
    const [, , ...rest] = over;
    const args = ['--pack', 'far/away/over', ...rest, '--modality', 'voice', '--resamples', '2'];
    expect((await run(evaluateCommand, ...args)).stderr).toMatch(
      /needs the encoder 'wavlm-large-tiny'.*encoder-invalid/s,
    );
    await done(evaluateCommand, ...args, '--encoders', at('encoders'));
  });
});

interface Judged {
  readonly figures: Readonly<Record<'top1' | 'uar' | 'kld', number>>;
  readonly calibratedBrier: number;
}

describe('pack refuses', () => {
  const both = { voice: 'encoders/wavlm', face: 'encoders/mobilenetv2' };
  const one = { voice: { system: '1', of }, face: { system: '12', of } };

  it.each<readonly [string, object, RegExp]>([
    [
      'another encoder',
      { encoders: { ...both, voice: 'encoders/mobilenetv2' } },
      /is 'mobilenetv2-tiny' \(\w{12}\), but system 12 of tiny-paper learned from 'wavlm-large-tiny'.*encoder-invalid/s,
    ],
    [
      'no encoder',
      { encoders: { voice: both.voice } },
      /'encoders.face': is missing: system 12 of tiny-paper learned from 'mobilenetv2-tiny'/,
    ],
    [
      'an encoder that is not there',
      { encoders: { ...both, face: 'encoders/none' } },
      /no encoder in '.*none'.*encoder-invalid/s,
    ],
    [
      'an encoder of no use',
      { networks: { voice: one.voice, face: { pack: 'small' } } },
      /'encoders.face': no network of the pack takes its states/,
    ],
    [
      'a network that is nothing of the kind',
      { networks: { ...one, face: { system: '12' } } },
      /must be a configuration, \{ "system", "of" \} or \{ "pack" \}/,
    ],
    [
      'a system that is not there',
      { networks: { ...one, voice: { system: '2', of } } },
      /has no system '2', only '1', '12'/,
    ],
    [
      'a run that is not there',
      { networks: { ...one, voice: { system: '1', of: 'untrained.json' } } },
      /untrained holds no system-1.onnx: run 'undertone train' into .*untrained until it ends/,
    ],
    [
      'what is no configuration',
      { networks: { ...one, voice: { system: '1', of: 'both.jsonl' } } },
      /is no configuration of systems/,
    ],
    [
      'a voice for a face',
      { networks: { ...one, face: { system: '1', of } } },
      /'networks.face': system 1 of tiny-paper takes no face/,
    ],
    [
      'half of a system',
      { networks: { voice: one.face, face: { pack: 'small' } } },
      /'networks.voice': system 12 of tiny-paper takes a face too/,
    ],
    [
      'one half as fusion',
      { networks: { ...one, fusion: one.voice } },
      /'networks.fusion': system 1 of tiny-paper takes no face/,
    ],
    [
      'fusion without states',
      { networks: { ...one, fusion: 'fusion.json' } },
      /'networks.fusion': over encoders a system fuses/,
    ],
    [
      'attributes',
      { networks: { ...one, attributes: { face: 'a.json' } } },
      /'networks.attributes': a pack over encoders has no place/,
    ],
    [
      'what is taken, halved',
      { networks: { ...one, face: { pack: 'small' } }, encoders: { voice: both.voice }, halved: ['face'] },
      /'halved': face is taken from tiny 1.0.0/,
    ],
    [
      'a network over states of a pack',
      { networks: { ...one, face: { pack: 'over' } } },
      /looks at states of an encoder: name its system/,
    ],
    [
      'a network of format 1',
      { networks: { ...one, face: { pack: resolve(STARTER) } } },
      /is of format 1, which has one head/,
    ],
  ])('%s', async (_, change, said) => {
    folder.put('untrained.json', JSON.stringify({ ...SYSTEMS_CONFIG, name: 'untrained' }));
    const { code, stderr } = await make('refused', change);
    expect(stderr).toMatch(said);
    expect(code).not.toBe(0);
    expect(readdirSync(folder.path).filter((file) => /refused$|part/.test(file))).toEqual([]);
  });

  const spoiling: readonly (readonly [string, string, (text: string) => string, RegExp])[] = [
    [
      'a network that was changed',
      'system-12.onnx',
      (text) => `${text} `,
      /system-12.json is not of system-12.onnx beside it: remove that folder, and train again/,
    ],
    [
      'a calibration of another network',
      'system-12.calibration.json',
      (text) => text.replace(/"network": "\w/, '"network": "0'),
      /system-12.calibration.json is not of system-12.onnx/,
    ],
    [
      'a record that is broken',
      'system-12.json',
      () => '{',
      /system-12.json is missing or broken: run 'undertone train'/,
    ],
    [
      'other labels than were learned',
      'system-12.json',
      (text) => text.replace(/"anger",?/, '"fear"'),
      /tells neutral, happiness, fear, and .* neutral, happiness, anger/,
    ],
    [
      'a voice that was never alone',
      'system-12.json',
      (text) => text.replace(/"answers": \[\s*"voice",/, '"answers": ['),
      /was never taught a voice alone: .*'variation.dropFace' above 0/,
    ],
    [
      'means over clips',
      'system-12.json',
      (text) => text.replaceAll('"each"', '"mean"'),
      /learned from means over whole clips.*without --pooled/,
    ],
    [
      'other layers than the other system',
      'system-12.json',
      (text) => text.replace(/"layers": \[\s*0,/, '"layers": ['),
      /has one encoder a modality/,
    ],
  ];
  it.each(spoiling)('%s', async (what, file, change, said) => {
    const spoilt = { system: '12', ...spoiled(what.replaceAll(' ', '-'), file, change) };
    const networks = { voice: spoilt, face: what.includes('other layers') ? { system: '12', of } : spoilt };
    expect((await make('refused', { networks })).stderr).toMatch(said);
  });

  it('a reference or attributes for it, which format 3 has no place for', async () => {
    const { stderr } = await run(
      reference,
      'fit',
      '--pack',
      'over',
      '--corpus',
      at('both.jsonl'),
      '--modality',
      'face',
      '--out',
      'x',
    );
    expect(stderr).toMatch(/is a pack of format 3, which has no place for a reference: choose one of format 2/);
  });
});
