import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import { corpusFolder } from '../fixtures/corpus.ts';
import { mediaFolder, testSound } from '../fixtures/media.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';
import { type Line, manifestOf, votedFaces } from '../fixtures/voted-corpus.ts';
import { calibrate as calibrateCommand } from '../../src/commands/calibrate.ts';
import { evaluateCommand } from '../../src/commands/evaluate.ts';
import { inspect as inspectCommand } from '../../src/commands/inspect.ts';
import { inProcess } from './in-process.ts';
import { start } from './undertone.ts';

const folder = corpusFolder();
const made = mediaFolder();
const STARTER = fileURLToPath(new URL('../../models/packs/starter', import.meta.url));
let lines: readonly Line[] = [];

beforeAll(async () => {
  mkdirSync(join(folder.path, 'tiny'));
  await writeTinyPack(join(folder.path, 'tiny'), { serves: ['both', 'face'] });
  writeFileSync(join(folder.path, 'tiny', 'README.md'), '# Tiny\n');
  lines = votedFaces(folder, 120);
  manifestOf(folder, 'faces.jsonl', lines);
});
afterAll(() => {
  folder.remove();
  made.remove();
});

const calibrate = (...args: readonly string[]) =>
  inProcess(calibrateCommand, ['--corpus', 'faces.jsonl', ...args], folder.path);
const manifest = (dir: string) => JSON.parse(readFileSync(join(folder.path, dir, 'pack.json'), 'utf8')) as Format2;
const evaluated = async (dir: string): Promise<Record<string, number>> => {
  const args = ['--pack', dir, '--corpus', 'faces.jsonl', '--modality', 'face', '--resamples', '5', '--json'];
  const { stdout, stderr, code } = await inProcess(evaluateCommand, args, folder.path);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, number>;
};

describe('undertone calibrate', () => {
  it('writes the same networks with fitted temperatures, as the next version', async () => {
    const { code, stdout, stderr } = await calibrate('--pack', 'tiny', '--out', 'fitted', '--json');
    expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
    expect(readdirSync(join(folder.path, 'fitted')).sort()).toEqual(
      [...readdirSync(join(folder.path, 'tiny')), 'calibration.json'].sort(),
    );
    const [before, after] = [manifest('tiny'), manifest('fitted')];
    expect(after.version).toBe('1.0.1');
    expect(after.networks.face.sha256).toBe(before.networks.face.sha256);
    expect(after.networks.face.calibration.sadness).toMatchObject({ method: 'temperature' });
    expect(after.networks.face.calibration).not.toEqual(before.networks.face.calibration);
    // The corpus has pictures only.
    expect(after.networks.voice.calibration).toEqual(before.networks.voice.calibration);
    expect(after.networks.fusion?.calibration.both).toEqual(before.networks.fusion?.calibration.both);
    expect(after.networks.fusion?.calibration.face).not.toEqual(before.networks.fusion?.calibration.face);
    expect(after.decision).toEqual(before.decision);
    expect(after.provenance).toEqual({
      madeBy: 'a test',
      'calibration.face': 'temperature on 120 clips of faces.jsonl',
      'calibration.fusion.face': 'temperature on 120 clips of faces.jsonl',
    });
    const record = JSON.parse(readFileSync(join(folder.path, 'fitted/calibration.json'), 'utf8')) as object;
    expect(record).toMatchObject({
      face: { n: 120, method: 'temperature', crossFitted: { heldOut: 'speakers', folds: 4 } },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      pack: 'tiny@1.0.1',
      out: join(folder.path, 'fitted'),
      parts: { face: { n: 120 } },
    });
  });

  it('moves no decision at 0.5, and brings probabilities nearer to what raters say', async () => {
    const [before, after] = [await evaluated('tiny'), await evaluated('fitted')];
    for (const same of ['top1', 'macroF1', 'macroF1Presence', 'eceUncalibrated'])
      expect(after[same]).toBe(before[same]);
    expect(after['brier']).toBeLessThan(before['brier'] ?? NaN);
  });

  it('refuses a folder that is there; --force replaces a pack, and nothing else', async () => {
    const again = await calibrate('--pack', 'tiny', '--out', 'fitted');
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/fitted' is there already: choose another folder, or replace it by --force/);
    expect((await calibrate('--pack', 'fitted', '--out', 'fitted', '--force')).code).toBe(0);
    expect(manifest('fitted').version).toBe('1.0.2');
    mkdirSync(join(folder.path, 'precious'));
    writeFileSync(join(folder.path, 'precious/notes.txt'), 'mine');
    const kept = await calibrate('--pack', 'tiny', '--out', 'precious', '--force');
    expect(kept.stderr).toMatch(/holds something other than a pack/);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('fits by any method, or the best on clips held out, and chooses thresholds', async () => {
    for (const method of ['platt', 'isotonic', 'best']) {
      const args = ['--pack', 'tiny', '--out', method, '--method', method, '--thresholds', 'f1', '--split', 'dev'];
      const { code, stdout } = await calibrate(...args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/judged on clips held out/);
      const { networks, decision } = manifest(method);
      if (method !== 'best') expect(networks.face.calibration.happiness).toMatchObject({ method });
      expect(Object.values(decision.thresholds).some((threshold) => threshold !== 0.5)).toBe(true);
      expect(await evaluated(method)).toMatchObject({ n: 120 });
    }
  });

  it('keeps what a label had where examples are few, and says so', async () => {
    const few = lines.map((line, i) => ({
      ...line,
      votes: { face: i < 9 ? { sadness: 1 } : { [i % 2 ? 'neutral' : 'happiness']: 1 } },
    }));
    manifestOf(folder, 'few.jsonl', few);
    const { code, stderr } = await calibrate('--pack', 'tiny', '--corpus', 'few.jsonl', '--out', 'few');
    expect(code).toBe(0);
    expect(stderr).toMatch(/face: 'sadness' is present in 9 of 120 clips; it keeps the calibration that it had/);
    const { calibration } = manifest('few').networks.face;
    expect(calibration.sadness).toEqual(manifest('tiny').networks.face.calibration.sadness);
    expect(calibration.neutral).not.toEqual(manifest('tiny').networks.face.calibration.neutral);
  });

  it('writes lines into a pack of format 1: a temperature has no offset', async () => {
    for (const i of [0, 1, 2])
      folder.put(`${i}.opus`, readFileSync(await made.make(`${i}.opus`, ...testSound(0.2 + i / 5), '-c:a', 'libopus')));
    const labels = ['neutral', 'anger'];
    const spoken = Array.from({ length: 24 }, (_, i) => ({
      id: `v${i}`,
      media: { audio: `${i % 3}.opus` },
      votes: { voice: { [labels[i % 2] ?? '']: 1 } },
    }));
    manifestOf(folder, 'voices.jsonl', spoken);
    const args = ['--pack', STARTER, '--corpus', 'voices.jsonl', '--out', 'lines'];
    expect((await calibrate(...args, '--method', 'isotonic')).stderr).toMatch(/format 1 keeps a line for each label/);
    const { code } = await calibrate(...args);
    expect(code).toBe(0);
    const { networks } = manifest('lines') as unknown as {
      networks: Record<string, { calibration: Record<string, unknown> }>;
    };
    expect(networks['voice']?.calibration['anger']).toEqual({ a: expect.any(Number) as number, b: 0 });
    expect(networks['voice']?.calibration['fear']).toEqual({ a: 0.8589, b: -0.6871 });
    const evaluate = ['--pack', 'lines', '--corpus', 'voices.jsonl', '--modality', 'voice', '--json'];
    const ran = await inProcess(evaluateCommand, [...evaluate, '--resamples', '5'], folder.path);
    expect(JSON.parse(ran.stdout)).toMatchObject({ pack: 'starter@1.0.1', n: 24 });
  });

  it('leaves nothing when it is stopped', async () => {
    manifestOf(
      folder,
      'many.jsonl',
      Array.from({ length: 6000 }, (_, i) => ({ ...lines[i % lines.length], id: `m${i}` })),
    );
    const args = ['calibrate', '--pack', 'tiny', '--corpus', 'many.jsonl', '--out', 'stopped'];
    const running = start(args, { cwd: folder.path });
    running.child.stderr?.once('data', () => running.child.kill('SIGINT'));
    const { code } = await running.done;
    expect(code).toBe(130);
    expect(readdirSync(folder.path).filter((name) => name.includes('stopped'))).toEqual([]);
  });

  it.each([
    [['--pack', 'tiny'], 2, /--out is missing/],
    [['--pack', 'tiny', '--out', 'no/where/x'], 2, /there is no folder '.*no\/where'/],
    [['--pack', 'tiny', '--out', 'tiny/inside'], 2, /tiny\/inside' is inside the pack/],
    [['--pack', 'tiny', '--out', 'x', '--method', 'magic'], 2, /'magic' is unknown: choose one of temperature, platt/],
    [['--pack', STARTER, '--out', 'x', '--modality', 'av'], 2, /has no shared layers for av/],
    [
      ['--pack', 'tiny', '--out', 'x', '--modality', 'voice'],
      1,
      /no clip of .*faces\.jsonl has a vote of raters given/,
    ],
    [['--pack', 'tiny', '--out', 'x', '--ids', 'few.txt'], 1, /no label has 10 clips with it and 10 without/],
    [['--pack', 'tiny', '--out', 'x', '--corpus', 'unvoted.jsonl'], 1, /nothing to fit on/],
  ])('refuses %j and writes nothing', async (args, code, why) => {
    folder.put('few.txt', 'c1\nc2\n');
    folder.put('unvoted.jsonl', '{"id":"a","media":{"image":"10.png"}}\n');
    const ran = await calibrate(...args);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
    expect(ran.stderr).toMatch(why);
    expect(existsSync(join(folder.path, 'x'))).toBe(false);
  });
});

describe('undertone inspect', () => {
  const inspect = (pack: string, ...args: readonly string[]) =>
    inProcess(inspectCommand, [resolve(folder.path, pack), ...args], folder.path);

  it('tells what a pack is', async () => {
    const { code, stdout } = await inspect(STARTER);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^starter@1\.0\.0, format 1, CC-BY-NC-SA-4\.0; every hash and shape was checked/);
    expect(stdout).toMatch(/voice +307,208 +1,237,115 +7 +voice\.onnx/);
    expect(stdout).toMatch(/neutral +Platt a 1\.26, b 0\.85/);
    expect(stdout).toMatch(/# Starter pack/);
  });

  it('tells it to programs, with the shared layers', async () => {
    const { stdout } = await inspect('tiny', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 2,
      name: 'tiny',
      networks: { fusion: { file: 'fusion.onnx', calibration: { both: {}, face: {} } }, face: { parameters: 14 } },
      decision: { minTopProbability: 0.6 },
      card: ['# Tiny'],
    });
  });

  it('refuses a pack that is broken', async () => {
    mkdirSync(join(folder.path, 'broken'));
    for (const file of readdirSync(join(folder.path, 'tiny')))
      folder.put(`broken/${file}`, readFileSync(join(folder.path, 'tiny', file)));
    folder.put('broken/face.onnx', 'not a network');
    const { code, stdout, stderr } = await inspect('broken');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/face\.onnx has SHA-256 .* but its manifest says/);
  });
});
