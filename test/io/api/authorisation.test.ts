import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { issueToken } from '../../../src/io/tokens.ts';
import { API_BASE, apiError, operations } from '../../../src/protocol/api.ts';
import type { Operation, OperationName } from '../../../src/protocol/api.ts';
import { COLUMNS, MATRIX } from './matrix.ts';
import type { Cell, Column } from './matrix.ts';
import { aPerson, aProposal, aReservation, aSegment, aWebhook, anItem } from './rows.ts';
import { send } from './send.ts';
import { openApiStage, SECRET } from './stage.ts';
import type { ApiStage, Received, Sent } from './stage.ts';

/** Whoever reviews is one and the same person in every column. */
const REVIEWER = 'rita';
const ROOM = 'lobby';
const PARTICIPANT = 'ada-of-lobby';
/** What is of lobby says one of these; nothing of attic does. */
const OF_LOBBY = /lobby|rita-answered/;

/** Hundreds of calls, each of them written to a real store. */
vi.setConfig({ testTimeout: 120_000 });

let stage: ApiStage;
let credentials: Record<Column, string | undefined>;

beforeAll(async () => {
  stage = await openApiStage();
  credentials = {
    nobody: undefined,
    publisher: await stage.bearer({ role: 'publisher', subject: REVIEWER }),
    viewer: await stage.bearer({ role: 'viewer', subject: REVIEWER }),
    reviewer: await stage.bearer({ role: 'reviewer', subject: REVIEWER }),
    admin: await stage.bearer({ role: 'admin', subject: REVIEWER }),
    'publisher@': await stage.bearer({ role: 'publisher', subject: REVIEWER, rooms: ['attic'] }),
    'viewer@': await stage.bearer({ role: 'viewer', subject: REVIEWER, rooms: ['attic'] }),
    'reviewer@': await stage.bearer({ role: 'reviewer', subject: REVIEWER, rooms: ['attic'] }),
    'admin@': await stage.bearer({ role: 'admin', subject: REVIEWER, rooms: ['attic'] }),
    key: `Participant ${await aPerson(stage, ROOM, PARTICIPANT)}`,
    "other's key": `Participant ${await aPerson(stage, ROOM, 'bob')}`,
    "namesake's key": `Participant ${await aPerson(stage, 'attic', PARTICIPANT)}`,
  };
}, 120_000);
afterAll(() => stage.close());

const person = { params: { room: ROOM, participant: PARTICIPANT } };
const ANSWER = { labels: ['fear'], cannotTell: false, attributes: null, tookMs: 1 };

/** A call of each operation about lobby that succeeds if it is let in, and what must be there before it. */
const calls: Record<OperationName, () => Sent | Promise<Sent>> = {
  openapi: () => ({}),
  asyncapi: () => ({}),
  me: () => ({}),
  readSettings: () => ({ params: { room: ROOM } }),
  async saveSettings() {
    const sent = { authorization: await stage.bearer({ role: 'admin' }), params: { room: ROOM } };
    const { settings, etag } = await stage.done('readSettings', sent);
    return { params: { room: ROOM }, body: { settings, etag } };
  },
  async segments() {
    await aSegment(stage);
    return { params: { room: ROOM } };
  },
  consents: () => person,
  async withdraw() {
    await anItem(stage);
    return person;
  },
  exportPerson: () => person,
  async listReview() {
    await aReservation(stage, 'somebody', { participant: 'cy' });
    return {};
  },
  async reviewProgress() {
    const { reservation } = await aReservation(stage, 'rita-answered', { participant: 'cy' });
    await stage.trust.store.reviews.answer(reservation, 'rita-answered', { ...ANSWER, labels: ['fear'] }, 1);
    return {};
  },
  async claim() {
    await anItem(stage, { participant: 'cy' });
    return { body: {} };
  },
  async renewClaim() {
    const { reservation } = await aReservation(stage, REVIEWER, { participant: 'cy' });
    return { params: { reservation } };
  },
  answerClaim: async () => ({ ...(await calls.renewClaim()), body: ANSWER }),
  skipClaim: () => calls.renewClaim(),
  async undo() {
    const { reservation } = await aReservation(stage, REVIEWER, { participant: 'cy' });
    await stage.trust.store.reviews.skip(reservation, REVIEWER, stage.clock.now());
    return {};
  },
  async clip() {
    const { item } = await aReservation(stage, REVIEWER, { participant: 'cy' });
    return { params: { id: item } };
  },
  reviewItem: async () => ({ params: { id: (await anItem(stage, { participant: 'cy' })).id } }),
  agreement: () => calls.reviewProgress(),
  exportReview: () => calls.reviewProgress(),
  async importReview() {
    const { id: item } = await anItem(stage, { participant: 'cy' });
    const record = { item, reviewer: 'kim', atMs: 1, informed: false };
    return { body: { annotations: [{ ...ANSWER, id: item, ...record }] } };
  },
  calibrations: () => ({}),
  propose: () => ({}),
  activate: async () => ({ body: { id: await aProposal(stage) } }),
  dismiss: async () => ({ params: { id: await aProposal(stage) } }),
  audit: () => ({ query: { room: ROOM } }),
  verifyAudit: () => ({}),
  webhooks: () => ({}),
  addWebhook: () => ({ body: { url: 'https://hook.example/', kinds: ['consent'], rooms: null } }),
  removeWebhook: async () => ({ params: { id: await aWebhook(stage) } }),
  makeToken: () => ({ body: { role: 'admin', subject: 'kim', ttlSeconds: 60 } }),
  revokeToken: () => ({ body: { id: 'some-token', expiresMs: stage.clock.now() + 1000 } }),
};

/** What `propose` says to whoever it is let in, while nothing is there to propose. */
const LET_IN: Partial<Record<OperationName, number>> = { propose: 409 };

/** What an answer is in the words of the matrix; `leak` where it tells of lobby what it should not. */
function cellOf(name: OperationName, column: string, { status, json, text, headers }: Received): string {
  expect(headers.get('cache-control')).toBe('no-store');
  const code = (json as { error?: { code: string } } | null)?.error?.code;
  const elsewhere = column.endsWith('@');
  if (elsewhere && OF_LOBBY.test(text.replaceAll('there is no room lobby', ''))) return `leak: ${text.slice(0, 200)}`;
  const answer = [status, code].join(' ');
  if (status === (LET_IN[name] ?? (operations[name].answer === null ? 204 : 200))) return elsewhere ? 'own' : 'yes';
  if (answer === '401 unauthenticated')
    return headers.get('www-authenticate') === 'Bearer' ? 'who' : 'no WWW-Authenticate';
  if (answer === '403 forbidden') return 'no';
  if (['404 room-not-found', '404 not-found', '409 reservation-lost'].includes(answer)) return 'hid';
  return `${answer} ${text.slice(0, 200)}`;
}

const names = Object.keys(operations) as OperationName[];

test('the matrix has a row for each operation, and no other', () => {
  expect([...MATRIX.keys()]).toEqual(names);
  for (const row of MATRIX.values()) expect([...row.values()]).not.toContain(undefined);
});

test.each(names)('the table says of %s what the matrix says', (name) => {
  const { roles, subject, scope }: Operation = operations[name];
  const row = MATRIX.get(name);
  const letIn = (column: Column) => ['yes', 'own'].includes(row?.get(column) ?? '');
  const told = (['publisher', 'viewer', 'reviewer', 'admin'] as const).filter(letIn);
  expect(roles === 'anyone' ? ['publisher', 'viewer', 'reviewer', 'admin'] : [...roles].sort()).toEqual(
    roles === 'anyone' ? told : [...told].sort(),
  );
  expect(roles === 'anyone').toBe(letIn('nobody'));
  expect(subject ?? false).toBe(roles !== 'anyone' && letIn('key'));
  if (scope === 'server') expect(row?.get('admin@')).toBe('no');
});

test('every path answers the methods that the table has of it, and names them to whoever sends another', async () => {
  const paths = Map.groupBy(Object.values<Operation>(operations), ({ path }) => path);
  for (const [path, some] of paths) {
    const allowed = new Set(some.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
    const target = `${API_BASE}${path.replaceAll(/\{\w+\}/g, 'x')}`;
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      stage.clock.forward(1000);
      const { status, headers, bytes } = await send(stage.url, target, { method });
      if (allowed.has(method)) {
        expect([method, path, status]).toEqual([method, path, some[0]?.roles === 'anyone' ? 200 : 401]);
        continue;
      }
      expect([method, path, status]).toEqual([method, path, 405]);
      expect(headers.get('allow')?.split(', ').sort()).toEqual([...allowed].sort());
      if (method !== 'HEAD') expect(apiError.parse(JSON.parse(bytes.toString())).error.code).toBe('method-not-allowed');
    }
  }
  expect((await send(stage.url, `${API_BASE}/nowhere`, { method: 'POST' })).status).toBe(404);
});

test.each(names)('%s is for each caller as the matrix says', async (name) => {
  const row = MATRIX.get(name) ?? new Map<Column, Cell>();
  const found = new Map<Column, string>();
  let sent = await calls[name]();
  for (const column of COLUMNS) {
    const authorization = credentials[column];
    const cell = cellOf(name, column, await stage.call(name, { ...sent, ...(authorization && { authorization }) }));
    found.set(column, cell === 'own' && row.get(column) === 'yes' ? 'yes' : cell);
    // What was carried out must be there anew for the next.
    if (cell === 'yes') sent = await calls[name]();
  }
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(row));
});

test.each(names)('%s is for every bad token as for nobody', async (name) => {
  const sent = await calls[name]();
  const found: Record<string, string> = {};
  const tokens = await badCredentials();
  for (const [what, authorization] of Object.entries(tokens))
    found[what] = cellOf(name, what, await stage.call(name, { ...sent, authorization }));
  const cell = MATRIX.get(name)?.get('nobody');
  expect(found).toEqual(Object.fromEntries(Object.keys(tokens).map((what) => [what, cell])));
});

let bad: Readonly<Record<string, string>> | undefined;

/** Tokens that would be an admin's if they were good. */
async function badCredentials(): Promise<Readonly<Record<string, string>>> {
  if (bad !== undefined) return bad;
  const admin = { role: 'admin', subject: REVIEWER } as const;
  const good = await issueToken(SECRET, admin, 3600);
  const called = await issueToken(SECRET, admin, 3600);
  await stage.trust.revocations.revoke(called.id, called.expiresMs, { role: 'admin', subject: 'test' });
  const [head = '', claims = '', mac = ''] = good.token.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = (await issueToken('another secret of thirty-two chars', admin, 3600)).token;
  const viewer = (await issueToken(SECRET, { role: 'viewer' }, 3600)).token.split('.');
  return (bad = {
    expired: `Bearer ${(await issueToken(SECRET, admin, -60)).token}`,
    forged: `Bearer ${forged}`,
    unsigned: `Bearer ${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    'unsigned, with its signature': `Bearer ${encode({ alg: 'none' })}.${claims}.${mac}`,
    'another algorithm': `Bearer ${encode({ alg: 'RS256', typ: 'JWT' })}.${claims}.${mac}`,
    "an admin's claims with a viewer's signature": `Bearer ${head}.${claims}.${viewer[2] ?? ''}`,
    'called back': `Bearer ${called.token}`,
    'cut off': `Bearer ${good.token.slice(0, -4)}`,
    'no token': 'Bearer let-me-in',
    'nothing after Bearer': 'Bearer',
    'another scheme': `Basic ${good.token}`,
    'a token as a key': `Participant ${good.token}`,
    'a key as a token': (credentials.key ?? '').replace('Participant', 'Bearer'),
  });
}
