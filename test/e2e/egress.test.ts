/** What leaves: verdicts to viewers who come and go, on a server that people try to break. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../clients/connection.ts';
import { MISSING, openBrowser, startUndertone, watch } from './undertone.ts';
import type { Undertone } from './undertone.ts';

const PATIENCE = { timeout: 40_000, interval: 200 };
const CLIP = 'Sample clip';

/** A stretch of wire that can be cut. */
async function startWire() {
  const cables = new Set<Socket>();
  let port = 0;
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      cables.add(end);
      end
        .on('error', () => other.destroy())
        .on('close', () => {
          cables.delete(end);
          other.destroy();
        });
      end.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`,
    leadTo(url: string) {
      port = Number(new URL(url).port);
    },
    cut() {
      for (const cable of cables) cable.destroy();
    },
    close() {
      server.close();
    },
  };
}

describe.skipIf(MISSING.length > 0)(`egress (needs ${MISSING.join(', ') || 'nothing that is missing'})`, () => {
  let wire: Awaited<ReturnType<typeof startWire>>;
  let server: Undertone;
  let browser: Browser;
  let viewer: ReturnType<typeof watch>;

  beforeAll(async () => {
    wire = await startWire();
    server = await startUndertone({ UNDERTONE_ORIGINS: wire.origin });
    wire.leadTo(server.url);
    browser = await openBrowser();
    viewer = watch(server);
  });

  afterAll(async () => {
    await browser.close();
    wire.close();
  });

  it('takes the sample clip in from the first page a newcomer sees', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/#token=${server.token}`);
    await page.getByRole('link', { name: 'Join with the sample clip' }).click();
    await expect
      .poll(() => viewer.verdicts(CLIP).some(({ verdict }) => verdict.labels[0] === 'happiness'), PATIENCE)
      .toBe(true);
  });

  it('gives a viewer whose connection breaks again and again every event, once, in order', async () => {
    const broken = watch(server, `${wire.origin.replace('http', 'ws')}/ws`);
    const numbers = (of: typeof viewer) => of.events.flatMap((event) => (event.type === 'event' ? [event.seq] : []));
    await expect.poll(() => numbers(broken).length, PATIENCE).toBeGreaterThan(2);
    for (let i = 0; i < 4; i++) {
      wire.cut();
      await expect.poll(() => broken.view.status.state, { ...PATIENCE, interval: 20 }).not.toBe('live');
      await expect.poll(() => broken.view.status.state, PATIENCE).toBe('live');
    }
    const seen = numbers(broken).length;
    await expect.poll(() => numbers(broken).length, PATIENCE).toBeGreaterThan(seen + 4);
    broken.view.close();
    const got = numbers(broken);
    const [first = 0] = got;
    expect(got).toEqual(got.map((_, i) => first + i));
    expect(broken.events.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
    const drops = broken.events.filter((event) => event.type === 'status' && event.state === 'disconnected');
    expect(drops.length).toBeGreaterThanOrEqual(2);
    expect(numbers(viewer)).toEqual(expect.arrayContaining(got));
  });

  it('goes on for everyone else while it is attacked and thirty join at once', async () => {
    const before = viewer.verdicts(CLIP).length;
    const errors = await server.metric('undertone_message_errors_total');
    const udp = createSocket('udp4');
    for (let i = 0; i < 200; i++) udp.send(Buffer.alloc(i, i), server.webRtcPort, '127.0.0.1');
    const tcp = connectTcp(server.webRtcPort, '127.0.0.1').on('error', () => undefined);
    tcp.end('GET / HTTP/1.1\r\n\r\n');
    const abuse = new WebSocket(server.webSocketUrl, 'undertone.v1');
    await once(abuse, 'open');
    for (let i = 0; i < 100; i++) abuse.send(`{"type":"join","id":"${i.toString()}","room":${'['.repeat(i)}`);
    const crowd = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const connection = await connect({ url: server.webSocketUrl, token: server.token });
        const { version: textVersion } = (await connection.request('room', { room: 'lobby' })).consent;
        const name = `crowd ${i.toString()}`;
        await connection.request('join', { room: 'lobby', name, consent: true, textVersion });
        await connection.request('open-transport', {});
        return connection;
      }),
    );
    await expect.poll(() => viewer.view.state.participants.size, PATIENCE).toBe(31);
    await expect.poll(() => viewer.verdicts('crowd 29').at(-1)?.verdict.reason, PATIENCE).toBe('no-media');
    await expect.poll(() => viewer.verdicts(CLIP).length, PATIENCE).toBeGreaterThan(before + 10);
    for (const connection of crowd) connection.close();
    udp.close();
    const seqs = viewer.verdicts(CLIP).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await expect.poll(() => server.metric('undertone_message_errors_total'), PATIENCE).toBeGreaterThan(errors);
  });

  it('ends gracefully: viewers are told to come back, and the exit code is 0', async () => {
    expect(await server.stop()).toBe(0);
    await expect.poll(() => viewer.events.at(-1), PATIENCE).toMatchObject({ type: 'status', state: 'disconnected' });
    viewer.view.close();
  });
});
