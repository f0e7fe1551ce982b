import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotatorConfig } from '../../models/toolkit/train/annotator-config.ts';
import type { AnnotatorEvaluation } from '../../src/commands/annotator-evaluation.ts';
import { trainAnnotators } from '../../src/commands/annotator-training.ts';
import { annotators } from '../../src/commands/annotators.ts';
import { trainEncoders, training } from '../fixtures/training-run.ts';
import { FACE_CONFIG, putFaces, trainingFolder } from '../fixtures/training.ts';
import { inProcess } from './in-process.ts';

const folder = trainingFolder();
const CONFIG = {
  name: 'tiny-annotators',
  kind: 'annotators',
  seed: 3,
  embedding: 8,
  encoderLabels: FACE_CONFIG.labels,
  corpora: ['faces.jsonl'],
  dev: ['faces.jsonl'],
  simulate: { seed: 4, raters: 12, leniency: 0.2, bias: 0.2, noise: [0.3, 1.2], activity: [1, 2] },
  truth: { upsamples: 20, bins: 64 },
  slots: 6,
  network: { width: 16, dropout: 0.1 },
  kde: { upsamples: 12, bins: 16 },
  variants: ['heads', 'direct'],
  schedule: { epochs: 4, batch: 12, rate: 0.02, averaging: 0.8 },
};

beforeAll(async () => {
  putFaces(folder, 12);
  await trainEncoders(folder, FACE_CONFIG);
});

afterAll(() => {
  folder.remove();
});

/** Run the command with the tiny encoder of faces; further options follow, and count. */
function ran(action: string, path: string, ...options: readonly string[]) {
  const encoder = join(folder.out('face'), 'face.onnx');
  const places = ['--encoder', encoder, '--data', folder.path, '--cache', folder.out('embeddings')];
  return inProcess(annotators, [action, path, ...places, ...options], folder.path);
}

const written = (config: object, name: string): string => folder.put(name, JSON.stringify(config));

describe('undertone annotators', () => {
  it('trains on simulated raters and tells what it found of them', async () => {
    const out = folder.out('simulated');
    const trained = await ran('train', written(CONFIG, 'simulated.json'), '--out', out);
    expect(trained).toMatchObject({ code: 0, stdout: `${join(out, 'annotators.json')}\n` });

    const svg = join(folder.path, 'recovery.svg');
    const judged = await ran('evaluate', out, '--json', '--resamples', '20', '--svg', svg);
    const found = JSON.parse(judged.stdout) as AnnotatorEvaluation;
    // Neutral faces have a vote each, too few for a distribution.
    expect(found).toMatchObject({ labels: 'derived', clips: 24, raters: 12 });
    expect(found.rows.map(({ variant, way }) => `${variant} ${way}`)).toEqual([
      'heads DiffKDE',
      'heads KDE',
      'heads DiffKDE, any raters',
      'direct directly',
    ]);
    for (const { tvd, jsd } of found.rows) {
      expect(tvd.value).toBeGreaterThan(0);
      expect(tvd.value).toBeLessThan(1);
      expect(jsd.value).toBeLessThan(Math.log(2));
    }
    expect(found.recovery?.learned).toHaveLength(12);
    expect(readFileSync(svg, 'utf8')).toContain('Leniency');

    const again = await ran('train', written(CONFIG, 'simulated.json'), '--out', out);
    expect(again.stderr).toContain('trained already');
    const table = await ran('evaluate', out, '--resamples', '20', '--clips', '12');
    expect(table.stdout).toContain('12 clips');
    expect(table.stdout).toContain('| heads | DiffKDE |');
  });

  it('learns real raters from a manifest', async () => {
    const lines = readFileSync(join(folder.path, 'faces.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line, i) => {
        const clip = JSON.parse(line) as Record<string, unknown>;
        const ratings = ['ann', 'ben', 'cas'].map((rater, k) => ({
          rater,
          stimulus: 'face',
          labels: [],
          valence: 1 + ((i + k) % 5),
          arousal: 1 + ((i * k) % 5),
        }));
        // Nobody knows the last one from training.
        if (clip['split'] === 'dev') ratings.push({ ...ratings[0], rater: 'new' } as (typeof ratings)[0]);
        return JSON.stringify({ ...clip, votes: undefined, ratings });
      });
    folder.put('rated.jsonl', ['{"corpus":{"scale":[1,5]}}', ...lines].join('\n'));
    const { simulate: _, ...config } = { ...CONFIG, corpora: ['rated.jsonl'], dev: ['rated.jsonl'] };
    const out = folder.out('rated');
    expect((await ran('train', written(config, 'rated.json'), '--out', out)).code).toBe(0);
    const judged = await ran('evaluate', out, '--json', '--resamples', '20');
    const found = JSON.parse(judged.stdout) as AnnotatorEvaluation;
    expect(found).toMatchObject({ labels: 'rated', raters: 3, ratings: 108, unknown: 36 });
    expect(found.recovery).toBeUndefined();
  });

  it('goes on where it was stopped, and then has the same networks', async () => {
    const config = annotatorConfig.parse(CONFIG);
    const places = { encoder: join(folder.out('face'), 'face.onnx'), cache: folder.out('embeddings') };
    const out = folder.out('stopped');
    const run = (stopAt?: string) => trainAnnotators(config, { ...training(folder, stopAt).options, ...places, out });
    const first = await run('epoch 2');
    expect(first.status).toBe('stopped');
    expect(existsSync(join(out, 'annotators.json'))).toBe(false);
    const second = await run();
    expect(second.status).toBe('finished');
    for (const name of ['heads.onnx', 'direct.onnx'])
      expect(readFileSync(join(out, name)).equals(readFileSync(join(folder.out('simulated'), name)))).toBe(true);
    expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(statSync(join(out, 'heads.onnx')).size).toBeGreaterThan(0);
  });

  it('refuses what it cannot do, naming it', async () => {
    const out = folder.out('refused');
    const { simulate: _, ...unrated } = CONFIG;
    const said = async (config: object): Promise<string> =>
      (await ran('train', written(config, 'refused.json'), '--out', out)).stderr;
    expect(await said(unrated)).toContain("or 'simulate' raters (corpus-invalid)");
    expect(await said({ ...CONFIG, simulate: { ...CONFIG.simulate, raters: 5 } })).toContain(
      "'train-happiness-0' has more votes than 'simulate' has raters (5)",
    );
    expect(await said({ ...CONFIG, slots: 0 })).toContain("refused.json, 'slots'");
    expect((await ran('evaluate', folder.path)).stderr).toContain('annotators.json cannot be read');
    expect((await ran('guess', folder.path)).stderr).toContain("'guess' is neither train nor evaluate");
  });
});
