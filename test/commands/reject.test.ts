import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import { calibrate } from '../../src/commands/calibrate.ts';
import type { LadderStep } from '../../src/commands/reject-ladder.ts';
import { evaluateCommand } from '../../src/commands/evaluate.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { reject } from '../../src/commands/reject.ts';
import type { RejectRule } from '../../src/domain.ts';
import { LABELS } from '../../src/core/labels.ts';
import { randomStream } from '../../src/core/random.ts';
import { corpusFolder } from '../fixtures/corpus.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';
import { wav } from '../fixtures/training.ts';
import { manifestOf, votedFaces } from '../fixtures/voted-corpus.ts';
import { inProcess } from './in-process.ts';

const folder = corpusFolder();
beforeAll(async () => {
  mkdirSync(join(folder.path, 'tiny'));
  await writeTinyPack(join(folder.path, 'tiny'), { serves: ['face'] });
  const lines = votedFaces(folder, 1200);
  manifestOf(folder, 'faces.jsonl', lines.slice(0, 600));
  manifestOf(folder, 'fresh.jsonl', lines.slice(600));
  // Raters who are split evenly over all labels are never contradicted.
  const split = Object.fromEntries(LABELS.map((label) => [label, 1]));
  manifestOf(
    folder,
    'agreed.jsonl',
    lines.slice(0, 600).map((line) => ({ ...line, votes: { face: split } })),
  );
  manifestOf(folder, 'few.jsonl', lines.slice(0, 12));
  // A pack whose labels are present from little on, so that most of its verdicts can be accepted.
  const args = ['--pack', 'tiny', '--corpus', 'faces.jsonl', '--out', 'fitted', '--thresholds', 'f1'];
  const { code, stderr } = await inProcess(calibrate, args, folder.path);
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => {
  folder.remove();
});

const common = ['--pack', 'fitted', '--modality', 'face', '--threads', '1'];
const curve = (...args: readonly string[]) =>
  inProcess(reject, ['curve', ...common, '--corpus', 'faces.jsonl', ...args], folder.path);
const fit = (...args: readonly string[]) =>
  inProcess(reject, ['fit', ...common, '--corpus', 'faces.jsonl', ...args], folder.path);
const manifest = (dir: string) => JSON.parse(readFileSync(join(folder.path, dir, 'pack.json'), 'utf8')) as Format2;
const evaluated = async (pack: string, corpus: string): Promise<Record<string, number>> => {
  const args = ['--pack', pack, '--corpus', corpus, '--modality', 'face', '--resamples', '5', '--json'];
  const { stdout, stderr, code } = await inProcess(evaluateCommand, args, folder.path);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, number>;
};

interface Points {
  readonly points: readonly Readonly<Record<string, number>>[];
  readonly aurc: number;
  readonly eaurc: number;
}

describe('undertone reject curve', () => {
  it.each(['confidence', 'entropy', 'disagreement'])('prints points and areas and nothing else, by %s', async (by) => {
    const { code, stdout, stderr } = await curve('--by', by, '--json');
    expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
    const printed = JSON.parse(stdout) as Points;
    expect(Object.keys(printed)).toEqual(['points', 'aurc', 'eaurc']);
    for (const point of printed.points)
      expect(Object.keys(point)).toEqual(['coverage', 'threshold', 'risk', 'macroF1']);
    const coverages = printed.points.map(({ coverage }) => coverage ?? NaN);
    expect(coverages[0]).toBe(1);
    expect(Math.min(...coverages)).toBeGreaterThanOrEqual(0.2);
    expect(coverages).toEqual(coverages.toSorted((a, b) => b - a));
    expect(printed.eaurc).toBeLessThanOrEqual(printed.aurc);
    // six pictures only: ties are wide, and each threshold takes all of one
    expect(new Set(coverages).size).toBe(coverages.length);
  });

  it('at coverage 1 is what evaluate tells of all clips', async () => {
    const { stdout } = await curve('--json');
    const [all] = (JSON.parse(stdout) as Points).points;
    expect(all?.['macroF1']).toBeCloseTo((await evaluated('fitted', 'faces.jsonl'))['macroF1'] ?? NaN, 12);
  });

  it('sets the surest clips beside all on request, and draws', async () => {
    const args = ['--at', '0.6', '--resamples', '20', '--group', 'speaker', '--svg', join(folder.path, 'curve.svg')];
    const { code, stdout } = await curve(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/beside all; 95 % intervals of the difference, 20 resamples of clips by speaker/);
    expect(readFileSync(join(folder.path, 'curve.svg'), 'utf8')).toContain('Risk by coverage');
    const json = JSON.parse((await curve('--at', '0.6', '--resamples', '20', '--json')).stdout) as {
      gains: { coverage: number; risk: { all: number; accepted: number } };
    };
    expect(json.gains.coverage).toBeGreaterThanOrEqual(0.6);
  });

  it('sets what the doubt of a voice accepts beside what their own accepts', async () => {
    const clips = votedFaces(folder, 8).map(({ media, votes, ...clip }, i) => {
      const random = randomStream('sounds', i);
      const audio = `sound-${i}.wav`;
      writeFileSync(
        join(folder.path, audio),
        wav(Float32Array.from({ length: 8000 }, () => 0.02 * (i + 1) * (random() - 0.5))),
      );
      return { ...clip, media: { ...(media as object), audio }, votes: { av: (votes as { face: object }).face } };
    });
    manifestOf(folder, 'both.jsonl', clips);
    const args = ['--corpus', 'both.jsonl', '--modality', 'av', '--at', '0.5', '--resamples', '20'];
    const { transfer, gains } = JSON.parse((await curve(...args, '--from', 'voice', '--json')).stdout) as {
      transfer: Record<string, { own: number; transferred: number; difference: readonly [number, number] }>;
      gains: { risk: { accepted: number } };
    };
    const own = JSON.parse((await curve(...args, '--json')).stdout) as { gains: typeof gains; transfer?: object };
    expect(own.transfer).toBeUndefined();
    expect(transfer['risk']?.own).toBe(own.gains.risk.accepted);
    expect(transfer['risk']?.transferred).toBe(gains.risk.accepted);
    expect((await curve(...args, '--from', 'face')).stdout).toMatch(
      /accepted by the doubt of av itself and by that of face; 95 % intervals[\s\S]*by av +by face +difference/,
    );
  });

  it('refuses a doubt that the corpus has no media for, and what is for fit', async () => {
    expect((await curve('--from', 'voice')).stderr).toMatch(/has sound/);
    expect(await curve('--risk', '0.1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--risk') as unknown,
    });
  });
});

describe('undertone reject fit', () => {
  it('writes a pack that keeps the promise on fresh clips and tells it in words', async () => {
    const { code, stdout, stderr } = await fit('--risk', '0.8', '--by', 'entropy', '--out', 'promised', '--json');
    expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
    const said = JSON.parse(stdout) as { threshold: number; promise: { accepted: number; wrong: number; n: number } };
    const { decision, provenance, version } = manifest('promised');
    expect(version).toBe('1.0.2');
    expect(decision.reject?.face).toMatchObject({
      score: 'entropy',
      threshold: said.threshold,
      promise: { risk: 0.8, delta: 0.1, n: 600, clips: 'faces.jsonl' },
    });
    expect(provenance['reject.face']).toBe('risk 0.8 at delta 0.1 by entropy, on 600 clips of faces.jsonl');
    // evaluate goes by the rule: on the calibration clips it finds what was promised from, on fresh ones a risk within
    const again = await evaluated('promised', 'faces.jsonl');
    expect(again['coverage']).toBeCloseTo(said.promise.accepted / said.promise.n, 12);
    expect(again['acceptedRisk']).toBeCloseTo(said.promise.wrong / said.promise.accepted, 12);
    const fresh = await evaluated('promised', 'fresh.jsonl');
    expect(fresh['coverage']).toBeGreaterThan(0);
    expect(fresh['acceptedRisk']).toBeLessThanOrEqual(0.8);
    const words = await inProcess(inspect, [join(folder.path, 'promised')], folder.path);
    expect(words.stdout).toMatch(/face alone, a clip is rejected where .* the entropy of its shares is above \d/);
    expect(words.stdout).toMatch(/at most 80 % of what is accepted is wrong, but for 10 % of calibration sets/);
  });

  it('writes a ladder beside the rule, which inspect tells and curve sets beside what clips show', async () => {
    const { code, stdout } = await fit(
      '--corpus',
      'agreed.jsonl',
      '--risk',
      '0.25',
      '--delta',
      '0.2',
      '--out',
      'ladder',
      '--json',
    );
    expect(code).toBe(0);
    const { ladder } = JSON.parse(stdout) as Pick<RejectRule, 'ladder'>;
    expect(manifest('ladder').decision.reject?.face?.ladder).toEqual(ladder);
    expect(ladder?.rungs.length).toBeGreaterThan(0);
    const words = await inProcess(inspect, [join(folder.path, 'ladder')], folder.path);
    expect(words.stdout).toMatch(/all of these hold at once, but for 20 % of calibration sets:/);
    const args = ['curve', ...common, '--pack', 'ladder', '--corpus', 'agreed.jsonl', '--ladder'];
    const told = await inProcess(reject, [...args, '--json'], folder.path);
    const { ladder: steps } = JSON.parse(told.stdout) as { ladder: readonly LadderStep[] };
    const same = ({ accepted, wrong }: { readonly accepted: number; readonly wrong: number }) => ({ accepted, wrong });
    expect(steps.filter(({ rule }) => !rule).map(same)).toEqual(ladder?.rungs.map(same));
    expect(steps.filter(({ rule }) => rule)).toMatchObject([{ promised: 0.25 }]);
    expect((await inProcess(reject, args, folder.path)).stdout).toMatch(/its own rule is marked[^]*25 %.* rule/);
    expect((await curve('--ladder')).stderr).toMatch(/has no reject rule for face: run reject fit/);
  });

  it('promises a coverage', async () => {
    expect((await fit('--coverage', '0.5', '--out', 'covering')).code).toBe(0);
    expect((await evaluated('covering', 'fresh.jsonl'))['coverage']).toBeGreaterThanOrEqual(0.5);
  });

  it('promises for each label and for each group', async () => {
    expect((await fit('--risk', '0.9', '--per', 'label', '--out', 'labels')).code).toBe(0);
    expect(manifest('labels').decision.reject?.face?.threshold).toBeTypeOf('object');
    expect((await fit('--risk', '0.9', '--per', 'sex', '--out', 'sexes')).code).toBe(0);
    expect(manifest('sexes').decision.reject?.face?.promise).toMatchObject({ per: 'sex' });
  });

  it('refuses a calibration set that is too small, with the smallest that would do, and writes nothing', async () => {
    const { code, stderr } = await fit('--corpus', 'few.jsonl', '--risk', '0.1', '--out', 'none');
    expect(code).toBe(1);
    expect(stderr).toMatch(/too few to promise a risk of 0.1 at delta 0.1: the smallest number that would do is 42/);
    const covered = await fit('--corpus', 'few.jsonl', '--coverage', '0.9', '--out', 'none');
    expect(covered.stderr).toMatch(/the smallest number that would do is 22/);
    expect(existsSync(join(folder.path, 'none'))).toBe(false);
  });

  it('refuses what the clips do not show, with what they would', async () => {
    const { code, stderr } = await fit('--risk', '0.02', '--out', 'none');
    expect(code).toBe(1);
    expect(stderr).toMatch(/do not show a risk of 0.02 at any threshold; what they can promise is about 0\.\d\d/);
  });

  it.each([
    [['--out', 'none'], /--risk is missing/],
    [['--risk', '1', '--out', 'none'], /--risk: '1' is not between 0 and 1/],
    [['--risk', '0.1'], /--out is missing/],
    [['--risk', '0.1', '--out', 'none', '--by', 'mood'], /'mood' is unknown/],
  ])('refuses %j', async (args, why) => {
    expect((await fit(...args)).stderr).toMatch(why);
  });

  it('has its rule left out when the pack is calibrated anew', async () => {
    const args = ['--pack', 'promised', '--corpus', 'faces.jsonl', '--out', 'anew', '--threads', '1'];
    const { stderr } = await inProcess(calibrate, args, folder.path);
    expect(stderr).toMatch(/reject rules are left out/);
    expect(manifest('anew').decision).not.toHaveProperty('reject');
    expect(manifest('anew').provenance).not.toHaveProperty('reject.face');
  });
});
