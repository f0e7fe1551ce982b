import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusFolder, tarOf, flatPng } from '../fixtures/corpus.ts';
import { mediaFolder, testSound } from '../fixtures/media.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';
import { type Line, manifestOf, votedFaces } from '../fixtures/voted-corpus.ts';
import { evaluateCommand } from '../../src/commands/evaluate.ts';
import { inProcess } from './in-process.ts';
import { undertone } from './undertone.ts';

const folder = corpusFolder();
const made = mediaFolder();
const [pack, fused] = [join(folder.path, 'tiny'), join(folder.path, 'fused')];
const STARTER = fileURLToPath(new URL('../../models/packs/starter', import.meta.url));
let lines: readonly Line[] = [];

beforeAll(async () => {
  mkdirSync(pack);
  mkdirSync(fused);
  await writeTinyPack(pack, { serves: null });
  await writeTinyPack(fused, { serves: ['both'] });
  lines = votedFaces(folder, 60);
  manifestOf(folder, 'faces.jsonl', lines);
});
afterAll(() => {
  folder.remove();
  made.remove();
});

const run = (...args: readonly string[]) => inProcess(evaluateCommand, args, folder.path);
const evaluate = (...args: readonly string[]) => run('--pack', 'tiny', '--corpus', 'faces.jsonl', ...args);
const judged = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await evaluate('--modality', 'face', '--resamples', '20', '--json', ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe('undertone evaluate', () => {
  it('prints one object with every figure, each with its interval', async () => {
    const found = await judged();
    expect(Object.keys(found)).toEqual([
      ...['pack', 'corpus', 'modality', 'n', 'labels', 'top1', 'uar', 'macroF1', 'microF1', 'weightedF1'],
      ...['macroF1Presence', 'ece', 'eceUncalibrated', 'brier', 'kld', 'jsd', 'coverage', 'acceptedRisk'],
      ...['acceptedMacroF1', 'perLabel', 'ci', 'unlabelled', 'failed'],
    ]);
    expect(found).toMatchObject({ pack: 'tiny@1.0.0', modality: 'face', n: 60, failed: 0 });
    expect(found['corpus']).toBe(join(folder.path, 'faces.jsonl'));
    expect(found['labels']).toEqual(['neutral', 'happiness', 'sadness']);
    expect(Object.keys(found['perLabel'] as object)).toEqual(found['labels']);
    expect(Object.keys(found['ci'] as object)).toHaveLength(14);
    // A calibration that keeps p, in the logit form with a temperature of 1.
    expect(found['ece']).toBeCloseTo(found['eceUncalibrated'] as number, 6);
  });

  it('says the same for people, twice the same, and writes a report', async () => {
    const args = ['--modality', 'face', '--resamples', '20', '--by', 'sex,speaker', '--report', 'r.html'] as const;
    const there = ['--pack', 'tiny', '--corpus', 'faces.jsonl', ...args];
    const { code, stdout } = await undertone(['evaluate', ...there], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tiny@1\.0\.0, face, on faces\.jsonl\n60 clips scored, 0 without a usable vote, 0 failed/);
    expect(stdout).toMatch(/Macro F1 of shares +0\.\d{3} {2}\(0\.\d{3} – 0\.\d{3}\)/);
    expect(stdout).toMatch(/by sex: macro F1 bias 0\.\d{3}/);
    const html = readFileSync(join(folder.path, 'r.html'), 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('npx undertone evaluate --pack tiny --corpus faces.jsonl --modality face');
    const again = await evaluate(...args);
    expect(again.stdout.replace(`${folder.path}/`, '')).toBe(stdout);
  });

  it('takes a split, a list of ids, groups, and another pack', async () => {
    expect(await judged('--split', 'dev')).toMatchObject({ n: 40 });
    writeFileSync(join(folder.path, 'ids.txt'), 'c1\nc2\nc3\n');
    expect(await judged('--ids', 'ids.txt')).toMatchObject({ n: 3 });
    const found = await judged('--group', 'speaker', '--by', 'sex', '--compare', 'fused');
    expect(found).toMatchObject({
      group: 'speaker',
      by: { sex: { groups: { female: { n: 30 }, male: { n: 30 } }, unknown: 0 } },
      // The same networks: what is the same does not differ.
      compare: { pack: 'tiny@1.0.0', subsets: 40, figures: { top1: { t: 0, p: 1 }, kld: { t: 0, p: 1 } } },
    });
  });

  it('judges each speaker by a calibration fitted on the others', async () => {
    const plain = await judged();
    const crossed = await judged('--cross-fit', 'speaker');
    expect(crossed).toMatchObject({ crossFit: 'speaker', method: 'temperature' });
    for (const same of ['top1', 'macroF1', 'kld', 'eceUncalibrated', 'macroF1Presence'])
      expect(crossed[same]).toBe(plain[same]);
    expect(crossed['ece']).not.toBe(plain['ece']);
    expect(await judged('--cross-fit', 'speaker', '--method', 'isotonic')).toMatchObject({ method: 'isotonic' });
  });

  it('leaves out clips without votes, lists and counts those that cannot be read, and goes on', async () => {
    const odd = [
      { ...lines[0], id: 'unvoted', votes: {} },
      { ...lines[0], id: 'other', votes: { face: { fear: 3 } } },
      { ...lines[0], id: 'lost', media: { image: 'none.png' } },
      { ...lines[0], id: 'mute', media: { audio: '10.png' } },
    ];
    manifestOf(folder, 'odd.jsonl', [...lines, ...odd]);
    const { code, stdout, stderr } = await run(
      ...['--pack', 'tiny', '--corpus', 'odd.jsonl', '--modality', 'face', '--json', '--resamples', '5'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ n: 60, unlabelled: 2, failed: 2 });
    expect(stderr).toMatch(/failed: lost \(line 63\): .*none\.png is missing/);
    expect(stderr).toMatch(/failed: mute \(line 64\): it has no picture/);
    expect(stderr).toMatch(/2 of 64 clips have no vote of raters given the face/);
  });

  it('judges voices, and voice with face where raters were given both', async () => {
    for (const [i, seconds] of [1, 4].entries())
      folder.put(`${i}.wav`, readFileSync(await made.make(`${i}.wav`, ...testSound(seconds))));
    const clips = [0, 1].map((i) => ({
      id: `v${i}`,
      media: { audio: `${i}.wav`, image: '110.png' },
      votes: { voice: { neutral: 1 }, av: { sadness: 2 } },
    }));
    manifestOf(folder, 'both.jsonl', clips);
    for (const [name, dir] of [
      ['voice', STARTER],
      ['av', STARTER],
      ['av', fused],
    ] as const) {
      const args = ['--pack', dir, '--corpus', 'both.jsonl', '--modality', name, '--json', '--resamples', '5'];
      const { code, stdout, stderr } = await run(...args);
      expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
      expect(JSON.parse(stdout)).toMatchObject({ modality: name, n: 2, unlabelled: 0, failed: 0 });
    }
    const { code, stderr } = await run('--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'av');
    expect(code).toBe(1);
    expect(stderr).toMatch(/no clip of .*faces\.jsonl has a vote of raters given voice and face .*'votes\.av'/);
  });

  it.each([
    [['--corpus', 'faces.jsonl', '--modality', 'face'], 2, /--pack is missing/],
    [['--pack', 'tiny', '--modality', 'face'], 2, /--corpus is missing/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl'], 2, /--modality is missing: give voice, face or av/],
    [
      ['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'smell'],
      2,
      /'smell' is unknown: choose one of voice/,
    ],
    [['--pack', 'none', '--corpus', 'faces.jsonl', '--modality', 'face'], 1, /pack\.json cannot be read/],
    [['--pack', 'tiny', '--corpus', 'none.jsonl', '--modality', 'face'], 1, /cannot read .*none\.jsonl/],
    [['--pack', 'tiny', '--corpus', 'bad.jsonl', '--modality', 'face'], 1, /bad\.jsonl, line 2 is not JSON/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'voice'], 1, /has a vote of raters given the voice/],
    [['--pack', 'tiny', '--corpus', 'mute.jsonl', '--modality', 'voice'], 1, /no clip of .*mute\.jsonl .* has sound/],
    [['--pack', 'tiny', '--corpus', 'cut.jsonl', '--modality', 'face'], 1, /cut\.tar.*\(bad-media\)/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'face', '--split', 'x'], 2, /choose from train, dev/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'face', '--ids', 'odd.txt'], 2, /names 'zzz'/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'face', '--by', 'age'], 1, /no clip has a 'age'/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'face', '--compare', STARTER], 2, /same labels/],
    [['--pack', STARTER, '--corpus', 'faces.jsonl', '--modality', 'av', '--cross-fit', 'speaker'], 2, /it pools/],
    [['--pack', 'tiny', '--corpus', 'faces.jsonl', '--modality', 'face', '--method', 'platt'], 2, /give --cross-fit/],
  ])('refuses %j and prints nothing', async (args, code, why) => {
    folder.put('bad.jsonl', '{"id":"a"}\n{"id":\n');
    folder.put('odd.txt', 'c1\nzzz\n');
    folder.put('mute.jsonl', '{"id":"a","votes":{"voice":{"neutral":1}}}\n');
    folder.put('cut.jsonl', '{"id":"a","media":{"image":"cut.tar#a.png"},"votes":{"face":{"neutral":1}}}\n');
    folder.put('cut.tar', tarOf([{ name: 'a.png', content: flatPng(9) }]).subarray(0, 700));
    const before = readdirSync(folder.path);
    const ran = await run(...args, '--report', 'never.html', '--json');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
    expect(ran.stderr).toMatch(why);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  const ferplus = fileURLToPath(new URL('../../../shared/data/ferplus/dev.jsonl', import.meta.url));
  const ravdess = fileURLToPath(new URL('../../../shared/data/speech/ravdess.jsonl', import.meta.url));

  it.skipIf(!existsSync(ferplus))(
    'finds what the makers of the starter face found (skipped without ../shared)',
    async () => {
      const args = ['--pack', STARTER, '--corpus', ferplus, '--modality', 'face', '--json', '--resamples', '5'];
      const found = JSON.parse((await run(...args)).stdout) as Record<string, number>;
      expect(found).toMatchObject({ n: 3579, unlabelled: 0, failed: 0 });
      // Theirs are of the 3574 pictures with five votes or more.
      expect(found['top1']).toBeCloseTo(0.8016, 4);
      expect(found['uar']).toBeCloseTo(0.569, 2);
      expect(found['macroF1']).toBeCloseTo(0.617, 2);
      expect(found['ece']).toBeCloseTo(0.0074, 2);
      expect(found['eceUncalibrated']).toBeCloseTo(0.029, 3);
    },
    240_000,
  );

  it.skipIf(!existsSync(ravdess))(
    'and of the starter voice, pooled over windows (skipped without ../shared)',
    async () => {
      const args = [
        '--pack',
        STARTER,
        '--corpus',
        ravdess,
        '--split',
        'dev',
        '--modality',
        'voice',
        '--resamples',
        '5',
      ];
      const found = JSON.parse((await run(...args, '--json')).stdout) as Record<string, number>;
      expect(found).toMatchObject({ n: 240, failed: 0 });
      expect(found['uar']).toBeCloseTo(0.685, 2);
      expect(found['eceUncalibrated']).toBeCloseTo(0.04, 2);
    },
    240_000,
  );
});
