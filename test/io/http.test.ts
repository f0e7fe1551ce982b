import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, connect as tcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startHttp } from '../../src/io/http.ts';
import type { HttpOptions, HttpServer } from '../../src/io/http.ts';
import { createMeter } from '../../src/io/telemetry.ts';

const SAMPLE = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251));
let staticDir = '';
const open: HttpServer[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'undertone-http-'));
  staticDir = join(dir, 'clients');
  for (const folder of ['dashboard', 'publisher', 'assets']) await mkdir(join(staticDir, folder), { recursive: true });
  await writeFile(join(dir, 'secret.txt'), 'hidden');
  await symlink(join(dir, 'secret.txt'), join(staticDir, 'link.txt'));
  await writeFile(join(staticDir, 'dashboard/index.html'), '<title>Dashboard</title>');
  await writeFile(join(staticDir, 'publisher/index.html'), '<title>Join</title>');
  await writeFile(join(staticDir, 'assets/index-BYCb5y2K.js'), 'export {};');
  await writeFile(join(staticDir, 'assets/plain.js'), 'export {};');
  await writeFile(join(staticDir, 'sample.webm'), SAMPLE);
});

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

afterAll(() => rm(join(staticDir, '..'), { recursive: true }));

async function start(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const silent = () => undefined;
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    staticDir,
    health: () => ({ checks: {} }),
    meter: createMeter(),
    log: { info: silent, warn: silent, error: ({ error }) => errors.push(error) },
    ...options,
  });
  open.push(server);
  return server;
}

/** Sends bytes as they are, and resolves to all that came back when the server has closed the connection. */
async function raw(url: string, text: string): Promise<string> {
  const socket = tcp(Number(new URL(url).port), '127.0.0.1');
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** The status line of a request, its target and headers not tidied up by a client. */
async function status(url: string, target: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const all = { host: new URL(url).host, connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Number((await raw(url, `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`)).slice(9, 12));
}

test('serves the pages with their types', async () => {
  const { url } = await start();
  for (const [path, type, body] of [
    ['/', 'text/html', '<title>Dashboard</title>'],
    ['/join', 'text/html', '<title>Join</title>'],
    ['/join?room=lobby', 'text/html', '<title>Join</title>'],
    ['/assets/index-BYCb5y2K.js', 'text/javascript', 'export {};'],
  ] as const) {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(await response.text()).toBe(body);
  }
});

test('what has a digest in its name is cached for good, what has none is asked for again', async () => {
  const { url } = await start();
  const cached = async (path: string) => (await fetch(url + path)).headers.get('cache-control');
  expect(await cached('/assets/index-BYCb5y2K.js')).toBe('public, max-age=31536000, immutable');
  for (const path of ['/', '/join', '/sample.webm', '/assets/plain.js']) expect(await cached(path)).toBe('no-cache');
  expect(await cached('/readyz')).toBe('no-store');
});

test('a page that the browser has already is not sent again', async () => {
  const { url } = await start();
  const etag = (await fetch(url)).headers.get('etag') ?? '';
  for (const known of [etag, `"other", W/${etag}`, '*']) {
    const again = await fetch(url, { headers: { 'if-none-match': known } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
  expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('sends the part of a video that is asked for', async () => {
  const { url } = await start();
  const part = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(`${url}/sample.webm`, { headers, method });
    return {
      status: response.status,
      range: response.headers.get('content-range'),
      body: Buffer.from(await response.arrayBuffer()),
    };
  };
  const etag = (await fetch(`${url}/sample.webm`)).headers.get('etag') ?? '';
  const some = { status: 206, range: 'bytes 10-19/1000', body: SAMPLE.subarray(10, 20) };
  const whole = { status: 200, range: null, body: SAMPLE };
  expect(await part({ range: 'bytes=10-19' })).toEqual(some);
  expect(await part({ range: 'bytes=10-19', 'if-range': etag })).toEqual(some);
  expect(await part({ range: 'bytes=10-19', 'if-range': '"older"' })).toEqual(whole);
  expect(await part({ range: 'bytes=0-1,5-6' })).toEqual(whole);
  expect(await part({ range: 'bytes=1000-' })).toMatchObject({ status: 416, range: 'bytes */1000' });
  expect(await part({ range: 'bytes=10-19' }, 'HEAD')).toEqual({ ...whole, body: Buffer.alloc(0) });
});

test('no path leads out of the pages', async () => {
  const { url } = await start();
  for (const target of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/./sample.webm',
    '/link.txt',
    '/assets',
    '/assets/',
    '/sample.webm%00.html',
    '/__proto__',
    '/constructor',
  ])
    expect(await status(url, target), target).toBe(404);
  for (const target of ['/%', '/%ff', 'http://127.0.0.1/', '*']) expect(await status(url, target), target).toBe(400);
});

test('answers nothing but GET and HEAD', async () => {
  const { url } = await start();
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const response = await fetch(url, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  }
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '24', '']);
});

test('every answer forbids what the pages do not need', async () => {
  const { url } = await start();
  for (const path of ['/', '/healthz', '/nowhere']) {
    const { headers } = await fetch(url + path);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('permissions-policy')).toContain('camera=(self), microphone=(self)');
  }
});

test('on loopback, a request that names another host is refused', async () => {
  const { url } = await start({ origins: ['https://undertone.example'] });
  const { port } = new URL(url);
  for (const host of [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `LOCALHOST:${port}`,
    `[::1]:${port}`,
    'undertone.example',
  ])
    expect(await status(url, '/', { host }), host).toBe(200);
  for (const host of [
    `evil.example:${port}`,
    '127.0.0.1',
    'localhost:1',
    `localhost.evil.example:${port}`,
    `x@localhost:${port}`,
  ])
    expect(await status(url, '/', { host }), host).toBe(421);
  expect(await status(url, '/healthz', { host: 'evil.example' })).toBe(421);
});

test('on loopback, a WebSocket that names another host is refused before the gateway sees it', async () => {
  const { url, server } = await start();
  const gateway = new WebSocketServer({ noServer: true });
  const seen: unknown[] = [];
  server.on('upgrade', (request, socket, head) => {
    seen.push(request.headers.host);
    gateway.handleUpgrade(request, socket, head, (client) => {
      client.close();
    });
  });
  const own = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  await once(own, 'close');
  expect(seen).toHaveLength(1);
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const { host } = new URL(url);
  const evil = await fetch(`${url}/ws`);
  expect(evil.status).toBe(426);
  const text = raw(url, head('/ws', { host: host.replace('127.0.0.1', 'evil.example'), ...upgrade, ...key }));
  expect(await text).toMatch(/^HTTP\/1\.1 421 /);
  expect(seen).toHaveLength(1);
});

test('healthz says that the process runs, readyz whether it can work', async () => {
  let worker = true;
  const { url } = await start({
    health: () => ({ checks: { model: { ok: true, detail: 'starter@1 on cpu' }, worker: { ok: worker } } }),
  });
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({
    ready: true,
    checks: { model: { ok: true, detail: 'starter@1 on cpu' }, worker: { ok: true } },
  });
  worker = false;
  const down = await fetch(`${url}/readyz`);
  expect(down.status).toBe(503);
  expect(await down.json()).toMatchObject({ ready: false, checks: { worker: { ok: false } } });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('metrics are open to this machine, and not through a proxy', async () => {
  const { url } = await start({ origins: ['https://undertone.example'] });
  const open = await fetch(`${url}/metrics`);
  expect(open.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  expect(await open.text()).toContain('undertone_windows_total');
  expect(await status(url, '/metrics', { 'x-forwarded-for': '192.0.2.1' })).toBe(401);
  expect(await status(url, '/metrics', { host: 'undertone.example' })).toBe(401);
});

test('off loopback, metrics need a token', async () => {
  const authorize: HttpOptions['authorize'] = async (request) =>
    Promise.resolve(request.headers.authorization === 'Bearer good');
  const { url } = await start({ host: '0.0.0.0', authorize });
  expect(url).toMatch(/^http:\/\/localhost:/);
  const ask = (headers: Record<string, string>) =>
    fetch(url.replace('localhost', '127.0.0.1') + '/metrics', { headers });
  const refused = await ask({});
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await ask({ authorization: 'Bearer bad' })).status).toBe(401);
  expect((await ask({ authorization: 'Bearer good' })).status).toBe(200);
  const nobody = await start({ host: '0.0.0.0' });
  expect(await status(nobody.url, '/metrics', { authorization: 'Bearer good' })).toBe(401);
  expect(await status(nobody.url, '/', { host: 'undertone.example' })).toBe(200);
});

test('a check that throws is an answer and a line in the log, not the end of the server', async () => {
  const broken = new Error('broken');
  const { url } = await start({
    health: () => {
      throw broken;
    },
  });
  expect((await fetch(`${url}/readyz`)).status).toBe(500);
  expect(errors.at(-1)).toBe(broken);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('bytes that are no HTTP are refused, and others do not notice', async () => {
  const { url } = await start();
  expect(await raw(url, '\u0016\u0003\u0001 this is not HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(url, head('/', { host: 'x', filler: 'y'.repeat(20_000) }))).toMatch(/^HTTP\/1\.1 431 /);
  expect(await status(url, '/', {}, 'GETT')).toBe(400);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('takes no more sockets than allowed, and counts those that it refused', async () => {
  const meter = createMeter();
  const { url, server } = await start({ maxSockets: 2, meter });
  const { port } = server.address() as AddressInfo;
  const held = [tcp(port, '127.0.0.1'), tcp(port, '127.0.0.1')];
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  const refused = tcp(port, '127.0.0.1');
  refused.on('error', () => undefined);
  await once(refused, 'close');
  for (const socket of held) socket.destroy();
  await expect.poll(async () => (await fetch(`${url}/healthz`).catch(() => null))?.status).toBe(200);
  expect(await meter.text()).toContain('undertone_discarded_total{queue="sockets",reason="limit-reached"}');
});

test('without built pages it says how to build them, and the rest works', async () => {
  const { url } = await start({ staticDir: join(staticDir, 'nowhere') });
  const page = await fetch(url);
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('npm run build');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('a taken port is named, with the setting that changes it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const starting = start({ port });
  await expect(starting).rejects.toMatchObject({ code: 'port-in-use', cause: { code: 'EADDRINUSE' } });
  await expect(starting).rejects.toThrow(new RegExp(`port ${port} .*UNDERTONE_PORT`));
  other.close();
});

test('an address that is not of this machine is named, with the setting that changes it', async () => {
  const starting = start({ host: '192.0.2.1' });
  await expect(starting).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(starting).rejects.toThrow(/192\.0\.2\.1.*UNDERTONE_HOST/);
});

test('close lets an answer end, cuts off what does not end, and frees the port', async () => {
  let finish: (allowed: boolean) => void = () => undefined;
  const asked = Promise.withResolvers<undefined>();
  const http = await start({
    closeMs: 300,
    authorize: () =>
      new Promise((resolve) => {
        finish = resolve;
        asked.resolve(undefined);
      }),
  });
  const { port } = new URL(http.url);
  const silent = tcp(Number(port), '127.0.0.1');
  await once(silent, 'connect');
  const answer = fetch(`${http.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
  await asked.promise;
  const closing = [http.close(), http.close()];
  finish(true);
  expect((await answer).status).toBe(200);
  await Promise.all([...closing, once(silent, 'close')]);
  await expect(fetch(http.url)).rejects.toThrow();
  await start({ port: Number(port) });
});

function head(target: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
