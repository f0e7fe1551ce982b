import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import type { AttributeEvaluation } from '../../src/commands/uncertainty-evaluation.ts';
import { trainUncertainty } from '../../src/commands/uncertainty-training.ts';
import { uncertainty } from '../../src/commands/uncertainty.ts';
import { trainEncoders, training } from '../fixtures/training-run.ts';
import { FACE_CONFIG, putFaces, putVoices, trainingFolder, VOICE_CONFIG } from '../fixtures/training.ts';
import { inProcess } from './in-process.ts';

const folder = trainingFolder();
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
  looks: 2,
  attributes: ['dominance', 'valence'],
  network: { autoencoder: 'variational', encoder: [16], latent: 4, regressor: [8], dropout: 0.1 },
  draws: 20,
  schedules: {
    unlabelled: { epochs: 4, batch: 8, rate: 0.01 },
    labelled: { epochs: 60, batch: 8, rate: 0.02, averaging: 0.8 },
  },
};

beforeAll(async () => {
  putFaces(folder, 12);
  putVoices(folder, 3);
  await trainEncoders(folder, FACE_CONFIG, VOICE_CONFIG);
}, 120_000);

afterAll(() => {
  folder.remove();
});

/** Run the command with the tiny encoder of faces; further options follow, and count. */
function ran(action: string, path: string, ...options: readonly string[]) {
  const encoder = join(folder.out('face'), 'face.onnx');
  const places = ['--encoder', encoder, '--data', folder.path, '--cache', folder.out('embeddings')];
  return inProcess(uncertainty, [action, path, ...places, ...options], folder.path);
}

const written = (config: object, name = 'config.json'): string => folder.put(name, JSON.stringify(config));

describe('undertone uncertainty', () => {
  it('trains, is done once, and evaluates by own and by transferred uncertainty', async () => {
    const out = folder.out('whole');
    expect(await ran('train', written(CONFIG), '--out', out)).toMatchObject({ code: 0 });
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['attributes.json', 'attributes.onnx', 'run.json']));
    expect(JSON.parse(readFileSync(join(out, 'attributes.json'), 'utf8'))).toMatchObject({
      labels: 'derived',
      attributes: ['valence', 'dominance'],
    });
    expect((await ran('train', written(CONFIG), '--out', out)).stderr).toContain('it is trained already');

    const svg = join(folder.path, 'curves.svg');
    const { code, stdout } = await ran('evaluate', out, '--json', '--svg', svg);
    expect(code).toBe(0);
    const { labels, clips, attributes } = JSON.parse(stdout) as AttributeEvaluation;
    expect({ labels, clips }).toEqual({ labels: 'derived', clips: 36 });
    expect(Object.keys(attributes)).toEqual(['valence', 'dominance']);
    expect(attributes.valence?.ccc).toBeGreaterThan(0.8);
    expect(Object.keys(attributes.valence?.curves ?? {})).toEqual(['valence', 'dominance']);
    const coverages = attributes.valence?.curves.dominance?.map(({ coverage }) => coverage) ?? [];
    expect(coverages[0]).toBe(1);
    expect(coverages).toEqual(coverages.toSorted((a, b) => b - a));
    expect(readFileSync(svg, 'utf8')).toContain('CCC with derived labels');
    const said = (await ran('evaluate', out, '--shares')).stdout;
    expect(said).toContain('attributes are derived from votes for emotions');
    expect(said.match(/^valence {2}CCC \d/gm)).toHaveLength(2);
  });

  it('gives the same network, bit for bit, where it was stopped on the way', async () => {
    const out = folder.out('stopped');
    const run = (stopAt?: string) =>
      trainUncertainty(uncertaintyConfig.parse(CONFIG), {
        ...training(folder, stopAt).options,
        encoder: join(folder.out('face'), 'face.onnx'),
        cache: folder.out('embeddings'),
        out,
      });
    expect((await run('epoch 5')).status).toBe('stopped');
    expect(readdirSync(out)).not.toContain('attributes.onnx');
    expect((await run()).status).toBe('finished');
    const bytes = (name: string): Buffer => readFileSync(join(folder.out(name), 'attributes.onnx'));
    expect(bytes('stopped').equals(bytes('whole'))).toBe(true);
  });

  it('ablates: rows of Table III and baselines, one evaluation each', async () => {
    const short = { unlabelled: { epochs: 1, batch: 8, rate: 0.01 }, labelled: { epochs: 8, batch: 8, rate: 0.02 } };
    const path = written({ ...CONFIG, schedules: short }, 'short.json');
    const rows = 'full,without-prior,without-soft-labels,one-draw,ae-mcd,mcd,mcd-soft,mcd-mtl';
    const { code, stdout, stderr } = await ran(
      'ablate',
      path,
      '--out',
      folder.out('ablation'),
      '--rows',
      rows,
      '--json',
    );
    expect({ code, said: stderr.split('\n').at(-2) }).toMatchObject({ code: 0 });
    const table = JSON.parse(stdout) as Record<string, AttributeEvaluation>;
    expect(Object.keys(table).join()).toBe(rows);
    for (const { attributes } of Object.values(table)) expect(attributes.valence?.ccc).toBeTypeOf('number');
  });

  it('learns from voices, pooled over time, by the same code', async () => {
    const voices = {
      ...CONFIG,
      modality: 'voice',
      embedding: [75, 8],
      corpora: ['voices.jsonl'],
      dev: ['voices.jsonl'],
    };
    const out = folder.out('voice-attributes');
    const encoder = ['--encoder', join(folder.out('voice'), 'voice.onnx')];
    expect(await ran('train', written(voices, 'voices.json'), '--out', out, ...encoder)).toMatchObject({ code: 0 });
    const { stdout } = await ran('evaluate', out, '--json', ...encoder);
    expect((JSON.parse(stdout) as AttributeEvaluation).clips).toBe(9);
  });

  it('refuses what makes no sense, and says what would', async () => {
    const out = ['--out', folder.out('none')];
    const changed = (changes: object) => written({ ...CONFIG, ...changes }, 'wrong.json');
    expect((await ran('grow', 'x')).stderr).toContain("'grow' is none of train, evaluate, ablate and add");
    expect((await ran('evaluate', folder.out('none'))).stderr).toContain('has no attributes.json');
    expect((await ran('train', changed({ looks: 0 }), ...out)).stderr).toContain("'looks'");
    const plain = changed({ network: { ...CONFIG.network, autoencoder: 'plain' } });
    expect((await ran('train', plain, ...out)).stderr).toContain('latents can only be drawn from a variational');
    const nothing = changed({ losses: { alpha: 1, beta: 0, gamma: 0 } });
    expect((await ran('train', nothing, ...out)).stderr).toContain('beta and gamma are both 0');
    expect((await ran('ablate', written(CONFIG), ...out, '--rows', 'half')).stderr).toContain("'half' is unknown");
  });
});
