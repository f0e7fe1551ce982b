import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseManifest } from '../../../src/core/manifest.ts';
import { annotationsIn } from '../../../src/core/review/manifest-line.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { aPerson, aSegment, anItem, verdictAt } from './rows.ts';
import { openApiStage } from './stage.ts';
import type { ApiStage } from './stage.ts';

/** Hundreds of calls, each of them written to a real store. */
vi.setConfig({ testTimeout: 120_000 });

let stage: ApiStage;
let [ann, ben, admin] = ['', '', ''];

beforeAll(async () => {
  stage = await openApiStage();
}, 120_000);
/** Other people for each test, and nothing that another has left open. */
beforeEach(async () => {
  // What others held is free again.
  stage.clock.forward(3_600_000);
  const n = stage.clock.now().toString();
  ann = await stage.bearer({ role: 'reviewer', subject: `ann-${n}` });
  ben = await stage.bearer({ role: 'reviewer', subject: `ben-${n}` });
  admin = await stage.bearer({ role: 'admin', subject: `root-${n}` });
  for (;;) {
    const sweeper = await stage.bearer({ role: 'reviewer', subject: `sweeper-${stage.clock.now().toString()}` });
    const claimed = await claim(sweeper);
    if (claimed === null) return;
    await stage.done('answerClaim', { authorization: sweeper, ...answerOf(claimed.reservation) });
  }
});
afterAll(() => stage.close());

interface Claimed {
  readonly reservation: string;
  readonly expiresMs: number;
  readonly item: { readonly id: string; readonly answers: number };
}

const claim = async (authorization: string): Promise<Claimed | null> =>
  (await stage.done<{ claimed: Claimed | null }>('claim', { authorization, body: {} })).claimed;

const GIVEN = { labels: ['fear'], cannotTell: false, attributes: { valence: -0.5, arousal: 0.25 }, tookMs: 4200 };
const answerOf = (reservation: string, body: object = GIVEN) => ({ params: { reservation }, body });

async function claimFor(authorization: string, id: string): Promise<Claimed> {
  const claimed = await claim(authorization);
  if (claimed === null) throw new Error('there is nothing to claim');
  expect(claimed.item.id).toBe(id);
  return claimed;
}

/** What was put on record since, by whom. */
async function audited(after: number): Promise<string[]> {
  const { entries } = await stage.done<{ entries: { action: string; actor: { role: string; subject: string } }[] }>(
    'audit',
    { authorization: admin, query: { after } },
  );
  return entries.map(({ action, actor }) => `${action} by ${actor.role} ${actor.subject.replace(/-\d+$/, '')}`);
}

async function auditEnd(): Promise<number> {
  return (await stage.done<{ entries: number }>('verifyAudit', { authorization: admin })).entries;
}

const keysOf = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(Array.isArray(value) ? {} : value).flatMap(([key, inner]) => [
        key,
        ...keysOf(inner).map((each) => `${key}.${each}`),
      ]);

test('whoever claims hears nothing of what the model or others made of it; whoever answers hears the verdict', async () => {
  const item = await anItem(stage);
  const first = await claimFor(ben, item.id);
  await stage.done('answerClaim', { authorization: ben, ...answerOf(first.reservation) });
  const { json, text } = await stage.call('claim', { authorization: ann, body: {} });
  expect(keysOf(json)).toEqual([
    'claimed',
    'claimed.reservation',
    'claimed.expiresMs',
    'claimed.leftMs',
    'claimed.item',
    ...['id', 'room', 'participant', 'startMs', 'endMs', 'modalities', 'clip', 'answers', 'raters'].map(
      (key) => `claimed.item.${key}`,
    ),
  ]);
  const unsaid = [...LABELS, 'low-confidence', 'rejected', 'information', 'audit', 'secretpack', 'ben', '0.15', '0.31'];
  for (const word of unsaid) expect(text).not.toContain(word);
  const { claimed } = json as { claimed: Claimed };
  expect(claimed.item.answers).toBe(1);
  expect(await stage.done('answerClaim', { authorization: ann, ...answerOf(claimed.reservation) })).toMatchObject({
    annotation: { item: item.id, ...GIVEN, informed: false },
    verdict: { ...verdictAt(item.createdMs), pack: 'secretpack@1.0.0' },
  });
});

test('two reviewers get places of their own, and a third none', async () => {
  const item = await anItem(stage);
  const [a, b] = [await claimFor(ann, item.id), await claimFor(ben, item.id)];
  expect(a.reservation).not.toBe(b.reservation);
  expect(await claim(admin)).toBeNull();
  // What is held for one is not another's to answer.
  expect(await stage.refused('answerClaim', { authorization: ben, ...answerOf(a.reservation) })).toEqual([
    409,
    'reservation-lost',
    expect.anything(),
  ]);
});

test('a place that was lost is somebody else’s, and one that nobody took serves late', async () => {
  const item = await anItem(stage, { raters: 1 });
  const a = await claimFor(ann, item.id);
  await stage.done('renewClaim', { authorization: ann, params: { reservation: a.reservation } });
  stage.clock.forward(3_600_000);
  await claimFor(ben, item.id);
  for (const name of ['renewClaim', 'answerClaim'] as const)
    expect(await stage.refused(name, { authorization: ann, ...answerOf(a.reservation) })).toEqual([
      409,
      'reservation-lost',
      expect.stringContaining('claim another'),
    ]);
  stage.clock.forward(3_600_000);
  await stage.done('answerClaim', { authorization: ann, ...answerOf((await claimFor(ann, item.id)).reservation) });
});

test('the same answer sent twice is one answer; another one in its place changes nothing', async () => {
  const item = await anItem(stage);
  const { reservation } = await claimFor(ann, item.id);
  const sent = { authorization: ann, ...answerOf(reservation) };
  const answers = await Promise.all([stage.done('answerClaim', sent), stage.done('answerClaim', sent)]);
  expect(answers[0]).toEqual(answers[1]);
  const other = answerOf(reservation, { ...GIVEN, labels: ['anger'] });
  expect(await stage.done('answerClaim', { authorization: ann, ...other })).toEqual(answers[0]);
  const kept = await stage.done('reviewItem', { authorization: admin, params: { id: item.id } });
  expect(kept).toMatchObject({ annotations: [{ labels: ['fear'] }] });
});

test.each<readonly [string, (id: string) => Promise<unknown>]>([
  ['opened', (id) => stage.done('reviewItem', { authorization: admin, params: { id } })],
  ['exported', () => stage.call('exportReview', { authorization: admin })],
  [
    'exported with the person',
    () => stage.done('exportPerson', { authorization: admin, params: { room: 'lobby', participant: 'ada-of-lobby' } }),
  ],
])('an admin who has %s what the model said does not answer blind, and others do', async (_, tell) => {
  const item = await anItem(stage, { raters: 3 });
  // Answered once, so that an export has it.
  const first = await claimFor(ben, item.id);
  await stage.done('answerClaim', { authorization: ben, ...answerOf(first.reservation) });
  await tell(item.id);
  for (const [who, informed] of [
    [admin, true],
    [ann, false],
  ] as const) {
    const { reservation } = await claimFor(who, item.id);
    const given = await stage.done('answerClaim', { authorization: who, ...answerOf(reservation) });
    expect(given).toMatchObject({ annotation: { informed } });
  }
});

test('the queue tells what an item was rejected for once it is done: an admin who lists it answers blind', async () => {
  const item = await anItem(stage, { raters: 1 });
  const listed = async () => {
    const sent = { authorization: admin, query: { limit: 500 } };
    const { items } = await stage.done<{ items: { id: string; status: string | null }[] }>('listReview', sent);
    return items.find(({ id }) => id === item.id);
  };
  expect(await listed()).toMatchObject({ state: 'open', status: null, reason: null });
  const { reservation } = await claimFor(admin, item.id);
  expect(await listed()).toMatchObject({ state: 'held', status: null, reason: null });
  const given = await stage.done('answerClaim', { authorization: admin, ...answerOf(reservation) });
  expect(given).toMatchObject({ annotation: { informed: false } });
  expect(await listed()).toMatchObject({ state: 'done', status: 'rejected', reason: 'low-confidence' });
});

test('an answer that was taken back is informed the next time', async () => {
  const item = await anItem(stage);
  const first = await claimFor(ann, item.id);
  await stage.done('answerClaim', { authorization: ann, ...answerOf(first.reservation) });
  const { claimed } = await stage.done<{ claimed: Claimed }>('undo', { authorization: ann });
  expect(claimed.item).toMatchObject({ id: item.id, answers: 0 });
  expect(
    await stage.done('answerClaim', {
      authorization: ann,
      ...answerOf(claimed.reservation, { ...GIVEN, labels: ['anger'] }),
    }),
  ).toMatchObject({ annotation: { informed: true, labels: ['anger'] } });
  stage.clock.forward(3_600_000);
  expect(await stage.done('undo', { authorization: ann })).toEqual({ claimed: null });
});

test('what was skipped is not given again, until it is taken back', async () => {
  const item = await anItem(stage);
  const { reservation } = await claimFor(ann, item.id);
  await stage.done('skipClaim', { authorization: ann, params: { reservation } });
  expect(await claim(ann)).toBeNull();
  expect(await stage.done('undo', { authorization: ann })).toMatchObject({ claimed: { item: { id: item.id } } });
});

test('the clip is for who holds the item or has answered it, and for admins', async () => {
  const item = await anItem(stage);
  const watch = (authorization: string) => stage.call('clip', { authorization, params: { id: item.id } });
  expect((await watch(ann)).status).toBe(404);
  const { reservation } = await claimFor(ann, item.id);
  const { status, text, headers } = await watch(ann);
  expect([status, headers.get('content-type')]).toEqual([200, 'video/webm']);
  expect(Buffer.from(text, 'latin1')).toEqual(Buffer.from((await stage.clips.get(item.clip ?? '')) ?? []));
  expect((await watch(ben)).status).toBe(404);
  expect((await watch(admin)).status).toBe(200);
  await stage.done('answerClaim', { authorization: ann, ...answerOf(reservation) });
  expect((await watch(ann)).status).toBe(200);
  await anItem(stage, { clip: null, raters: 1 });
  expect(await claim(ann)).toMatchObject({ item: { clip: false } });
});

test('what was answered is exported as a corpus, and taken in elsewhere as it was', async () => {
  const item = await anItem(stage);
  for (const who of [ann, ben]) {
    const { reservation } = await claimFor(who, item.id);
    await stage.done('answerClaim', { authorization: who, ...answerOf(reservation) });
  }
  const { text } = await stage.call('exportReview', { authorization: admin });
  const lines = Buffer.from(text, 'latin1').toString();
  const clip = parseManifest(lines, 'export.jsonl').clips.find(({ id }) => id === item.id);
  expect(clip).toMatchObject({ speaker: 'lobby/ada-of-lobby', votes: { av: { fear: 2 } } });
  expect(clip?.ratings).toHaveLength(2);
  const line = lines.split('\n').find((each) => each.includes(item.id)) ?? '{}';
  const annotations = annotationsIn(JSON.parse(line));
  // Where they are already, nothing changes; where the item is and they are not, they come in.
  expect(await stage.done('importReview', { authorization: admin, body: { annotations } })).toEqual({ added: 0 });
  const { id } = await anItem(stage);
  const moved = (annotations as { id: string }[]).map((each) => ({ ...each, id: `moved-${each.id}`, item: id }));
  expect(await stage.done('importReview', { authorization: admin, body: { annotations: moved } })).toEqual({
    added: 2,
  });
  expect(await stage.done('reviewItem', { authorization: admin, params: { id } })).toMatchObject({
    annotations: moved,
  });
  const strange = [{ ...moved[0], item: 'nowhere' }];
  expect(await stage.refused('importReview', { authorization: admin, body: { annotations: strange } })).toEqual([
    404,
    'not-found',
    expect.stringContaining('nowhere'),
  ]);
});

test('settings are changed by who has seen them as they are, and not against the law', async () => {
  const sent = { authorization: admin, params: { room: 'attic' } };
  const { settings, etag } = await stage.done<{ settings: object; etag: string }>('readSettings', sent);
  const save = (changes: object, seen = etag) => ({
    ...sent,
    body: { settings: { ...settings, ...changes }, etag: seen },
  });
  expect(await stage.refused('saveSettings', save({ purpose: 'medical' }))).toEqual([
    422,
    'config-invalid',
    expect.stringContaining('justification'),
  ]);
  expect(await stage.refused('saveSettings', save({ clips: true }))).toEqual([
    422,
    'config-invalid',
    expect.anything(),
  ]);
  expect(await stage.refused('saveSettings', save({ room: 'lobby' }))).toEqual([400, 'bad-message', expect.anything()]);
  const saved = await stage.done<{ etag: string; consentVersion: string }>(
    'saveSettings',
    save({ purpose: 'medical', justification: 'assessment of pain', roles: { patient: 'patient', nurse: 'employee' } }),
  );
  expect(saved.etag).not.toBe(etag);
  expect(await stage.refused('saveSettings', save({ purpose: 'meeting' }))).toEqual([
    409,
    'conflict',
    expect.stringContaining('read them again'),
  ]);
  expect(stage.trust.people.mayAnalyse('attic', 'nurse').allowed).toBe(true);
  await stage.done('saveSettings', save({ roles: { nurse: 'employee' } }, saved.etag));
  expect(stage.trust.people.mayAnalyse('attic', 'nurse').because).toContain('Article 5(1)(f)');
});

test('somebody withdraws by their own key, gets a receipt, and nothing is left but the proof', async () => {
  const key = await aPerson(stage, 'lobby', 'cy');
  const person = { authorization: `Participant ${key}`, params: { room: 'lobby', participant: 'cy' } };
  await aSegment(stage, { participant: 'cy' });
  const { id } = await anItem(stage, { participant: 'cy' });
  const { reservation } = await claimFor(ann, id);
  await stage.done('answerClaim', { authorization: ann, ...answerOf(reservation) });
  expect(await stage.done('exportPerson', person)).toMatchObject({
    segments: [{ participant: 'cy' }],
    reviews: [{ item: { id }, answers: [{ labels: ['fear'] }] }],
    clips: [{ item: id, type: 'video/webm', bytes: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string }],
  });
  expect(await stage.done('withdraw', person)).toMatchObject({
    participant: 'cy',
    deleted: { clips: 1, segments: 1, reviewItems: 1, annotations: 1 },
  });
  expect(await stage.done('exportPerson', person)).toMatchObject({
    segments: [],
    verdicts: [],
    reviews: [],
    clips: [],
  });
  expect(await stage.done('consents', person)).toMatchObject({ consents: [{ granted: false }, { granted: true }] });
  expect((await stage.call('reviewItem', { authorization: admin, params: { id } })).status).toBe(404);
  // The key opens what is left, so that the receipt can be asked for again.
  expect(await stage.done('withdraw', person)).toMatchObject({ deleted: { segments: 0 } });
});

test('everything that is done is on record with who did it, and the record holds', async () => {
  const key = await aPerson(stage, 'lobby', 'dee');
  const person = { authorization: `Participant ${key}`, params: { room: 'lobby', participant: 'dee' } };
  const item = await anItem(stage);
  const after = await auditEnd();
  const { reservation } = await claimFor(ann, item.id);
  await stage.done('clip', { authorization: ann, params: { id: item.id } });
  await stage.done('answerClaim', { authorization: ann, ...answerOf(reservation) });
  await stage.done('undo', { authorization: ann });
  await stage.done('exportReview', { authorization: admin });
  await stage.done('exportPerson', person);
  await stage.done('withdraw', person);
  const made = await stage.done<{ id: string; expiresMs: number }>('makeToken', {
    authorization: admin,
    body: { role: 'viewer', subject: 'eve', ttlSeconds: 60 },
  });
  await stage.done('revokeToken', { authorization: admin, body: { id: made.id, expiresMs: made.expiresMs } });
  const hook = { url: `https://${after.toString()}.example/`, kinds: ['consent'], rooms: ['lobby'] };
  const { id } = await stage.done<{ id: string }>('addWebhook', { authorization: admin, body: hook });
  await stage.done('removeWebhook', { authorization: admin, params: { id } });
  expect(await audited(after)).toEqual([
    'access.clip-watched by reviewer ann',
    'review.answered by reviewer ann',
    'review.answer-undone by reviewer ann',
    'access.review-exported by admin root',
    'access.exported by publisher dee',
    'consent.withdrawn by publisher dee',
    'deletion.withdrawal by publisher dee',
    'access.token-made by admin root',
    'access.token-revoked by admin root',
    'configuration.webhook-added by admin root',
    'configuration.webhook-removed by admin root',
  ]);
  expect(await stage.done('verifyAudit', { authorization: admin })).toMatchObject({ brokenAt: null });
});

test('a token without a holder reviews nothing', async () => {
  const authorization = await stage.bearer({ role: 'reviewer' });
  expect(await stage.refused('claim', { authorization, body: {} })).toEqual([
    403,
    'forbidden',
    expect.stringContaining('subject'),
  ]);
});

test('calibrations: too few answers propose nothing, and only what is on record is put in force', async () => {
  expect(await stage.refused('propose', { authorization: admin })).toEqual([409, 'conflict', expect.anything()]);
  expect(await stage.refused('activate', { authorization: admin, body: { id: 'none' } })).toEqual([
    404,
    'not-found',
    expect.anything(),
  ]);
  expect(await stage.done('activate', { authorization: admin, body: { id: null } })).toEqual({ active: null });
});

test('neither log nor refusals repeat a token or a key', async () => {
  const key = await aPerson(stage, 'lobby', 'fay');
  const wrong = `${key}x`;
  const person = { params: { room: 'lobby', participant: 'fay' } };
  const [, , message] = await stage.refused('consents', { authorization: `Participant ${wrong}`, ...person });
  const said = [message, ...stage.logged].join('\n');
  for (const secret of [wrong, key, ann, ben, admin]) expect(said).not.toContain(secret.replace('Bearer ', ''));
});
