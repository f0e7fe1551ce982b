import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import type { PackDescription } from '../../models/toolkit/inspect.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { reference as referenceCommand } from '../../src/commands/reference.ts';
import { FACE_CORRUPTIONS } from '../../src/core/corruption/face.ts';
import { FACE_STATISTICS } from '../../src/core/reference/face-statistics.ts';
import { corpusFolder } from '../fixtures/corpus.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';
import { manifestOf, votedFaces } from '../fixtures/voted-corpus.ts';
import { inProcess } from './in-process.ts';

const folder = corpusFolder();
const STARTER = fileURLToPath(new URL('../../models/packs/starter', import.meta.url));

beforeAll(async () => {
  mkdirSync(join(folder.path, 'tiny'));
  await writeTinyPack(join(folder.path, 'tiny'), { serves: null });
  manifestOf(folder, 'faces.jsonl', votedFaces(folder, 80));
});
afterAll(() => folder.remove());

const reference = (...args: readonly string[]) =>
  inProcess(referenceCommand, [...args, '--corpus', 'faces.jsonl', '--threads', '1'], folder.path);
const fit = (...args: readonly string[]) =>
  reference('fit', '--pack', 'tiny', '--modality', 'face', '--alarms', '0.1', ...args);

describe('undertone reference', () => {
  it('fits what a pack was made for, as the next version, and tells how much of each corruption that rejects', async () => {
    const fitted = await fit('--out', 'fitted', '--json');
    expect({ code: fitted.code, why: fitted.code === 0 ? '' : fitted.stderr }).toEqual({ code: 0, why: '' });
    expect(JSON.parse(fitted.stdout)).toMatchObject({ version: '1.0.1', clips: 80, rows: 80, failed: 0 });
    const manifest = JSON.parse(readFileSync(join(folder.path, 'fitted/pack.json'), 'utf8')) as Format2;
    expect(manifest.provenance['reference.face']).toBe('80 pictures of 80 clips of faces.jsonl; alarms 0.1');
    const { face, voice } = (await loadPack(join(folder.path, 'fitted'))).networks;
    expect(face.contract.reference).toBeDefined();
    expect(voice.contract.reference).toBeUndefined();

    const { stdout, code } = await reference('table', '--pack', 'fitted', '--modality', 'face', '--json');
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout) as { rows: { corruption: string; n: number; before: Share; after: Share }[] };
    expect(rows.map(({ corruption }) => corruption)).toEqual(['none', ...Object.keys(FACE_CORRUPTIONS)]);
    for (const { n, before, after } of rows) {
      expect(n).toBe(80);
      expect(after.share).toBeGreaterThanOrEqual(before.share);
      expect(after.ci[0]).toBeLessThanOrEqual(after.share);
      expect(after.ci[1]).toBeGreaterThanOrEqual(after.share);
    }
  });

  it('replaces a reference of a version with other statistics, which nothing else can read', async () => {
    await fit('--out', 'earlier');
    const file = join(folder.path, 'earlier/reference-face.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as { statistics: { mean: string } };
    written.statistics.mean = written.statistics.mean.slice(0, -8);
    writeFileSync(file, JSON.stringify(written));
    const manifest = join(folder.path, 'earlier/pack.json');
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace(
        /("face": \{\s*"file": "reference-face.json",\s*"sha256": ")[0-9a-f]+/,
        `$1${sha256}`,
      ),
    );
    await expect(loadPack(join(folder.path, 'earlier'))).rejects.toThrow(
      "run 'undertone reference fit' on the pack again",
    );
    expect((await fit('--pack', 'earlier', '--out', 'again')).code).toBe(0);
    expect((await loadPack(join(folder.path, 'again'))).networks.face.contract.reference).toBeDefined();
  });

  it('is told by inspect: by what, from where on, and fitted on what', async () => {
    await fit('--out', 'told');
    const told = async (...args: readonly string[]) => (await inProcess(inspect, args, folder.path)).stdout;
    const { references } = JSON.parse(await told(join(folder.path, 'told'), '--json')) as PackDescription;
    expect(Object.keys(references)).toEqual(['face']);
    expect(references.face).toMatchObject({
      file: 'reference-face.json',
      statistics: { names: FACE_STATISTICS },
      fittedOn: '80 pictures of 80 clips of faces.jsonl; alarms 0.1',
    });
    const { reference: fitted } = (await loadPack(join(folder.path, 'told'))).networks.face.contract;
    expect(references.face?.statistics.bound).toBe(fitted?.statistics.bound);
    expect(references.face?.embedding).toEqual({
      numbers: fitted?.embedding.mean.length,
      bound: fitted?.embedding.bound,
    });
    const words = await told(join(folder.path, 'told'));
    expect(words).toContain(`above ${fitted?.statistics.bound.toFixed(1) ?? ''} over 6 statistics`);
    expect(words).toContain('fitted on 80 pictures of 80 clips of faces.jsonl; alarms 0.1');
    for (const name of FACE_STATISTICS) expect(words).toContain(name);
    expect(words).toContain('no voice is out of distribution: the pack has no reference for it');
  });

  it('refuses what makes no sense, and writes nothing then', async () => {
    const refused = async (...args: readonly string[]) => (await reference(...args)).stderr;
    expect(await refused('draw')).toContain("'draw' is neither fit nor table");
    expect(await refused('table', '--pack', 'tiny', '--modality', 'face', '--alarms', '0.1')).toContain(
      'not for reference',
    );
    expect(await refused('fit', '--pack', 'tiny', '--modality', 'av', '--out', 'x')).toContain('give voice or face');
    expect((await fit('--alarms', '2', '--out', 'x')).stderr).toContain("--alarms: '2'");
    expect((await fit('--alarms', '0.001', '--out', 'x')).stderr).toContain('give 2000 or more');
    expect((await fit('--pack', STARTER, '--out', 'x')).stderr).toContain(
      'format 1, which has no place for a reference',
    );
    expect(existsSync(join(folder.path, 'x'))).toBe(false);
  });
});

interface Share {
  readonly share: number;
  readonly ci: readonly [number, number];
}
