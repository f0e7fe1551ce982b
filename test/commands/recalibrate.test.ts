import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import { recalibrateCommand } from '../../src/commands/recalibrate.ts';
import { parseManifest } from '../../src/core/manifest.ts';
import { randomStream } from '../../src/core/random.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openReviewLoop } from '../../src/io/review-loop.ts';
import { openStore } from '../../src/io/store/open.ts';
import type { ReviewedItem } from '../../src/domain/review.ts';
import { DISTORTED, review } from '../core/review/world.ts';
import { openApiStage, type ApiStage } from '../io/api/stage.ts';
import { silent } from '../io/quiet.ts';
import { inProcess } from './in-process.ts';
import { undertone } from './undertone.ts';

const cwd = mkdtempSync(join(tmpdir(), 'undertone-review-'));
const store = join(cwd, 'store');
const packDir = fileURLToPath(new URL('../../models/packs/starter', import.meta.url));
const actor = { role: 'admin', subject: 'test' } as const;
const { pack } = await loadPack(packDir);
const name = `${pack.name}@${pack.version}`;

const NOW_MS = Date.now();
const reviewed: readonly ReviewedItem[] = review(randomStream(4), {
  segments: 1500,
  distortion: DISTORTED,
  calibration: null,
}).reviewed.map(({ item, annotations }, i) => ({
  // Just now, so that the retention of a server that opens them leaves them alone.
  item: {
    ...item,
    createdMs: NOW_MS - 10_000 + i,
    verdict: { ...item.verdict, startMs: NOW_MS - 3000, endMs: NOW_MS, pack: name },
  },
  annotations: annotations.map((answer) => ({
    ...answer,
    item: item.id,
    id: `${answer.reviewer}-${item.id}`,
    attributes: { valence: -0.5, arousal: 0.25 },
  })),
}));

const answers = reviewed.flatMap(({ annotations }) => annotations);

/** A store that has the items and no answers, closed; filled once. */
const unanswered = join(cwd, 'unanswered');
const copyTo = (folder: string) => {
  cpSync(unanswered, folder, { recursive: true });
};

beforeAll(async () => {
  const filled = await openStore({ at: 'folder', folder: unanswered });
  for (const { item } of reviewed) await filled.reviews.add(item);
  await filled.close();
  copyTo(store);
  const answered = await openStore({ at: 'folder', folder: store });
  await answered.reviews.importAnnotations(answers, actor, 1);
  await answered.close();
}, 300_000);
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

describe('undertone recalibrate', () => {
  it('tells before and after, and puts the proposal on record', async () => {
    const asked = ['recalibrate', '--store', store, '--pack', packDir];
    const told = await undertone(asked, { cwd });
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(/^face: \d+ items of \d+ participants/m);
    expect(told.stdout).toMatch(/^ +ece +0\.\d{3} +0\.\d{3} +-0\.\d{3} to -0\.\d{3}$/m);
    expect(told.stdout).toContain('this would be proposed: --propose puts it on record');

    const { stdout } = await undertone([...asked, '--propose', '--json'], { cwd });
    const { proposed, calibration } = JSON.parse(stdout) as { proposed: boolean; calibration: { id: string } };
    expect(proposed).toBe(true);
    const opened = await openStore({ at: 'folder', folder: store });
    expect((await opened.calibrations.all(name)).map((record) => [record.calibration.id, record.status])).toEqual([
      [calibration.id, 'proposed'],
    ]);
    const live = { store: opened, pack: name, decision: pack.decision, clock: systemClock(), log: silent };
    const loop = await openReviewLoop(live);
    expect(loop.active()).toBeNull();
    await loop.activate(calibration.id, actor);
    expect([loop.active(), loop.inForce.current()?.id]).toEqual([calibration.id, calibration.id]);
    const again = await openReviewLoop(live);
    expect(again.active()).toBe(calibration.id);
    await loop.activate(null, actor);
    expect(loop.active()).toBeNull();
    await expect(loop.activate('no-such', actor)).rejects.toMatchObject({ code: 'not-found' });
    loop.close();
    again.close();
    await opened.close();
  });

  it('says why nothing is proposed, and how many answers would do', async () => {
    const { code, stdout } = await undertone(['recalibrate', '--store', store, '--pack', packDir, '--room', 'none'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(stdout).toContain('60 is the least number that would do');
  });
});

describe('undertone recalibrate --server', () => {
  let stage: ApiStage;
  let token = '';
  const ask = (...more: readonly string[]) =>
    inProcess(recalibrateCommand, ['--propose', '--server', stage.url, '--token', token, ...more], cwd);

  beforeAll(async () => {
    const folder = join(cwd, 'served');
    copyTo(folder);
    stage = await openApiStage({ store: { at: 'folder', folder }, pack: name, decision: pack.decision });
    token = (await stage.bearer({ role: 'admin' })).replace('Bearer ', '');
  });
  afterAll(() => stage.close());

  it('has the server propose on the store that it holds, and prints what it says', async () => {
    const nothing = await ask();
    expect(nothing).toMatchObject({ code: 1, stdout: '' });
    expect(nothing.stderr).toContain('60 is the least number that would do');

    const { reviews, calibrations } = stage.trust.store;
    await reviews.importAnnotations(answers, actor, 1);
    const told = await ask();
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const [record] = await calibrations.all(name);
    expect(told.stdout).toMatch(
      new RegExp(`^proposed as ${record?.calibration.id ?? ''}: .* at ${stage.url}/admin#calibration\n$`),
    );
    expect(JSON.parse((await ask('--json')).stdout)).toMatchObject({ proposed: true, calibration: { pack: name } });
  });

  it.each([
    [['--server', 'http://127.0.0.1:1'], /give --propose as well/],
    [['--propose', '--server', 'ftp://x'], /--server must look like/],
    [['--propose', '--server', 'http://elsewhere.example'], /elsewhere.example is another machine: give --token/],
    [['--propose', '--server', 'http://127.0.0.1:1', '--risk', '0.1'], /--risk is not for --server/],
    [['--token', 'x'], /--token is for --server/],
  ])('refuses %j before anybody is asked', async (args, said) => {
    const { code, stderr } = await inProcess(recalibrateCommand, args, cwd);
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });

  it('is what the refusal of a store that is held leads to', async () => {
    const folder = join(cwd, 'served');
    const { code, stderr } = await inProcess(recalibrateCommand, ['--store', folder], cwd);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`in use by process ${process.pid.toString()} on .*: if it is your server, go by its page`),
    );
  });
});

describe('undertone review', () => {
  it('carries answers out in the corpus format, and into a store that has their items', async () => {
    const out = join(cwd, 'export');
    const ran = await undertone(['review', 'export', '--store', store, '--out', out, '--json'], { cwd });
    expect(JSON.parse(ran.stdout)).toMatchObject({ items: reviewed.length, clips: 0 });
    const manifest = readFileSync(join(out, 'manifest.jsonl'), 'utf8');
    const { clips } = parseManifest(manifest, 'manifest.jsonl');
    expect(clips.length).toBe(reviewed.length);
    expect(clips[0]?.ratings[0]).toMatchObject({ stimulus: 'face', valence: 2.5, arousal: 4.75 });

    const other = join(cwd, 'other');
    copyTo(other);
    const from = join(out, 'manifest.jsonl');
    const taken = await undertone(['review', 'import', '--store', other, '--from', from, '--json'], { cwd });
    expect(JSON.parse(taken.stdout)).toEqual({ read: answers.length, added: answers.length });
    const repeated = await undertone(['review', 'import', '--store', other, '--from', from, '--json'], { cwd });
    expect(JSON.parse(repeated.stdout)).toEqual({ read: answers.length, added: 0 });

    const back = join(cwd, 'back');
    await undertone(['review', 'export', '--store', other, '--out', back], { cwd });
    expect(readFileSync(join(back, 'manifest.jsonl'), 'utf8')).toBe(manifest);
  });

  it('refuses a manifest of another kind by line', async () => {
    const { code, stderr } = await undertone(
      ['review', 'import', '--store', store, '--from', join(cwd, '..', 'no-such.jsonl')],
      { cwd },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('no-such.jsonl');
  });
});
