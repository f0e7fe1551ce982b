import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { API_BASE } from '../../../src/protocol/api.ts';
import { send } from './send.ts';
import type { Raw } from './send.ts';
import { anItem } from './rows.ts';
import { openApiStage } from './stage.ts';
import type { ApiStage } from './stage.ts';

/** Hundreds of calls, each of them written to a real store. */
vi.setConfig({ testTimeout: 120_000 });

let stage: ApiStage;
let authorization: string;

beforeAll(async () => {
  stage = await openApiStage();
  authorization = await stage.bearer({ role: 'admin', subject: 'ada' });
}, 120_000);
beforeEach(() => {
  stage.clock.forward(60_000);
});
afterAll(() => stage.close());

const JSON_TYPE = { 'content-type': 'application/json' };

/** Send to the API as the admin. @returns status, and the code and message of a refusal. */
async function ask(path: string, { headers, ...raw }: Raw): Promise<[number, string, string]> {
  const answered = await send(stage.url, API_BASE + path, { ...raw, headers: { authorization, ...headers } });
  const text = answered.bytes.toString();
  const { error = { code: '', message: '' } } = (text === '' ? {} : JSON.parse(text)) as {
    error?: { code: string; message: string };
  };
  return [answered.status, error.code, error.message];
}

const post = (body: Raw['body'], headers: Raw['headers'] = JSON_TYPE) =>
  ask('/review/claims', { method: 'POST', headers, ...(body !== undefined && { body }) });

describe('a body', () => {
  test('may be left out, come at once or in pieces', async () => {
    for (const body of [undefined, '{}', ['{', '}'], Array.from('{"instead":"none"}')])
      expect(await post(body)).toEqual([200, '', '']);
  });

  test('that is too large is refused before it is whole, however it comes', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const length = { ...JSON_TYPE, 'content-length': 3 * 1024 * 1024 };
    const told = [413, 'message-too-large', expect.stringContaining('1048576')];
    expect(await post([megabyte, 'x'])).toEqual(told);
    expect(await post([`"${megabyte}"`], length)).toEqual(told);
    expect(await post(`"${megabyte}"`)).toEqual(told);
  });

  test('that is too large from somebody unknown is not read at all', async () => {
    const answered = await send(stage.url, `${API_BASE}/review/claims`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'content-length': 3 * 1024 * 1024 },
      body: ['x'],
    });
    expect(answered.status).toBe(401);
  });

  test.each([
    ['of another type', '{}', { 'content-type': 'text/plain' }, 'Content-Type'],
    ['of no type', '{}', {}, 'Content-Type'],
    ['of a form', 'instead=1', { 'content-type': 'application/x-www-form-urlencoded' }, 'Content-Type'],
    ['that is broken JSON', '{"instead":', JSON_TYPE, 'not JSON'],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), JSON_TYPE, 'not JSON'],
    ['with NaN', '{"instead":NaN}', JSON_TYPE, 'not JSON'],
    ['that is deep', '['.repeat(500_000), JSON_TYPE, 'not JSON'],
    ['that is deep and whole', '['.repeat(250_000) + ']'.repeat(250_000), JSON_TYPE, 'body'],
    ['with an unknown member', '{"insted":"a"}', JSON_TYPE, 'insted'],
    ['with a very long one', `{"${'k'.repeat(500_000)}":1}`, JSON_TYPE, 'kkk'],
    ['with half a character', '{"instead":"\\ud800"}', JSON_TYPE, 'body.instead'],
    ['that is null', 'null', JSON_TYPE, 'body'],
    ['that is a list', '[]', JSON_TYPE, 'body'],
  ])('%s is refused in words', async (_, body, headers, words) => {
    const [status, code, message] = await post(body, headers);
    expect([status, code]).toEqual([400, 'bad-message']);
    expect(message).toContain(words);
    expect(message.length).toBeLessThan(2100);
  });

  test('changes no prototype', async () => {
    for (const body of ['{"__proto__":{"instead":"a"}}', '{"constructor":{"prototype":{"instead":"a"}}}'])
      await post(body);
    expect(Object.prototype).not.toHaveProperty('instead');
    const sent = { authorization, params: { room: 'lobby' } };
    const { settings, etag } = await stage.done<{ settings: object; etag: string }>('readSettings', sent);
    const roles = JSON.parse('{"__proto__":"customer"}') as unknown;
    expect(await stage.refused('saveSettings', { ...sent, body: { settings: { ...settings, roles }, etag } })).toEqual([
      422,
      'config-invalid',
      expect.stringContaining('roles'),
    ]);
  });

  test('whose sender goes away, or never goes on, hurts nobody', async () => {
    const { hostname, port } = new URL(stage.url);
    const head = [
      `POST ${API_BASE}/review/claims HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      `Authorization: ${authorization}`,
      'Content-Type: application/json',
      'Content-Length: 100',
    ];
    const gone = connect(Number(port), hostname);
    gone.end(`${head.join('\r\n')}\r\n\r\n{"ins`);
    await once(gone.resume(), 'close');
    const stuck = connect(Number(port), hostname);
    let answered = '';
    stuck.on('data', (data: Buffer) => (answered += data.toString()));
    stuck.write(`${head.join('\r\n')}\r\n\r\n{"ins`);
    await once(stuck, 'close');
    expect(answered).toMatch(/^HTTP\/1\.1 40[08]/);
    expect(await post('{}')).toEqual([200, '', '']);
    expect(stage.logged.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  });
});

describe('a method', () => {
  test('that an operation does not have is refused with what to send', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])
      expect(await ask('/review/claims', { method })).toEqual([
        405,
        'method-not-allowed',
        `${method} is not for this path: send POST`,
      ]);
  });

  test('HEAD is a GET without its body', async () => {
    expect(await ask('/me', { method: 'HEAD' })).toEqual([200, '', '']);
    expect((await send(stage.url, `${API_BASE}/me`, { method: 'HEAD' })).status).toBe(401);
  });

  test('OPTIONS lets pages of known origins alone go on', async () => {
    const allowed = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'PUT' };
      const { headers: told } = await send(stage.url, `${API_BASE}/me`, { method: 'OPTIONS', headers });
      return told.get('access-control-allow-origin');
    };
    expect(await allowed('https://ward.example')).toBe('https://ward.example');
    for (const origin of ['https://evil.example', 'null', 'https://ward.example.evil.example'])
      expect(await allowed(origin)).toBeNull();
  });
});

test.each([
  '/rooms/..%2flobby/settings',
  '/rooms/lobby%00/settings',
  '/rooms/%2e%2e/settings',
  '/rooms/lobby%2fsettings/settings',
  '/rooms/%ff%fe/settings',
  '/rooms/%E2%80%AElobby/settings',
  `/rooms/${'x'.repeat(65)}/settings`,
  `/rooms/${'x'.repeat(8000)}/settings`,
  '/rooms/lobby/settings/..%2f..%2fetc',
  '/review/items/..%2f..%2fetc%2fpasswd/clip',
  '/review/items/%00/clip',
  '/rooms/lobby/participants/..%2f..%2f/export',
  '/rooms/lobby/participants/a%00b/consents',
  '/rooms/lobby/../../../etc/passwd',
  '//rooms/lobby/settings',
  '/%',
])('the path %s leads nowhere', async (path) => {
  const [status] = await ask(path, {});
  expect([400, 404]).toContain(status);
});

test.each([
  'after=-1',
  'after=1e400',
  'after=NaN',
  'after=0x10000000000000000',
  'limit=0',
  'limit=1e9',
  'kind=all',
  'limit=%00',
])('the query %s is refused', async (query) => {
  expect(await ask(`/audit?${query}`, {})).toEqual([400, 'bad-message', expect.stringContaining('query.')]);
});

describe('SQL and HTML', () => {
  const HOSTILE = `Robert'); DROP TABLE items;-- <script>alert("x")</script> %s $1 \${x}`;

  test('in roles and texts come back as they went in', async () => {
    const sent = { authorization, params: { room: 'attic' } };
    const { settings, etag } = await stage.done<{ settings: object; etag: string }>('readSettings', sent);
    const hostile = { ...settings, roles: { [HOSTILE]: 'customer' }, consentText: `${HOSTILE} and more` };
    expect(await stage.done('saveSettings', { ...sent, body: { settings: hostile, etag } })).toMatchObject({
      settings: hostile,
    });
    expect(await stage.done('readSettings', sent)).toMatchObject({ settings: hostile });
  });

  test('in the name of a reviewer come back as they went in', async () => {
    const made = await stage.done<{ token: string }>('makeToken', {
      authorization,
      body: { role: 'reviewer', subject: HOSTILE, ttlSeconds: 60 },
    });
    const reviewer = { authorization: `Bearer ${made.token}` };
    expect(await stage.done('me', reviewer)).toMatchObject({ subject: HOSTILE });
    await anItem(stage);
    const { claimed } = await stage.done<{ claimed: { reservation: string } }>('claim', { ...reviewer, body: {} });
    await stage.done('answerClaim', {
      ...reviewer,
      params: { reservation: claimed.reservation },
      body: { labels: ['fear'], cannotTell: false, attributes: null, tookMs: 1 },
    });
    expect(await stage.done('reviewProgress', reviewer)).toMatchObject({
      reviewers: [{ reviewer: HOSTILE, answers: 1 }],
    });
    const answer = await send(stage.url, `${API_BASE}/review/progress`, { headers: reviewer });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

test('a webhook is added once, to a public address by https alone, and nobody repeats what it says', async () => {
  const add = (url: string) =>
    stage.refused('addWebhook', { authorization, body: { url, kinds: ['consent'], rooms: null } });
  await stage.done('addWebhook', {
    authorization,
    body: { url: 'https://hook.example/a', kinds: ['consent'], rooms: null },
  });
  expect(await add('https://hook.example/a')).toEqual([409, 'conflict', expect.stringContaining('hook.example')]);
  for (const url of [
    'http://hook.example/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'not a URL',
    '',
  ])
    expect((await add(url)).slice(0, 2)).toEqual([422, 'config-invalid']);
  const [, , message] = await add('https://user:hunter2@hook.example/');
  expect(message).not.toContain('hunter2');
});

describe('rates', () => {
  test('hold one token up, and no other', async () => {
    const [busy, calm] = [await stage.bearer({ role: 'admin' }), await stage.bearer({ role: 'admin' })];
    const call = (token: string) => stage.call('me', { authorization: token });
    stage.clock.stop();
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 201; i++) statuses.push((await call(busy)).status);
      expect(statuses).toEqual([...Array.from({ length: 200 }, () => 200), 429]);
      expect((await call(busy)).headers.get('retry-after')).toBe('1');
      expect((await call(calm)).status).toBe(200);
      stage.clock.forward(1000);
      expect((await call(busy)).status).toBe(200);
    } finally {
      stage.clock.go();
    }
  });

  test('hold up who has no token, and not who shares their address', async () => {
    const call = (token: string) => stage.call('me', { authorization: token });
    stage.clock.stop();
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 21; i++) statuses.push((await call('Bearer guess')).status);
      expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
      expect((await call(authorization)).status).toBe(200);
      stage.clock.forward(1000);
      expect((await call('Bearer guess')).status).toBe(401);
    } finally {
      stage.clock.go();
    }
  });
});

test('no token is in the log, nor in a refusal', () => {
  for (const line of stage.logged) expect(line).not.toContain(authorization.slice(7));
});
