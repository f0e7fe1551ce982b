/** Deliveries from a real store to a real receiver. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/io/store/open.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createMeter } from '../../../src/io/telemetry.ts';
import { pauseAfter, startWebhooks } from '../../../src/io/webhooks/runner.ts';
import type { Actor, AuditEvent } from '../../../src/domain/trust.ts';

const ACTOR: Actor = { role: 'admin', subject: 'ada' };
const SECRET = Buffer.alloc(32, 7).toString('base64');
const closing: (() => Promise<unknown>)[] = [];

let store: Store;

beforeAll(async () => {
  store = await openStore({ at: 'memory' });
}, 120_000);
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  for (const { id } of await store.webhooks.all()) await store.webhooks.remove(id, ACTOR, 1);
});
afterAll(() => store.close());

/** A receiver that answers as it is told, and remembers what it took. */
async function stage() {
  const taken: string[] = [];
  const attempts: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    const id = request.headers['webhook-id'] as string;
    attempts.push(id);
    if (status >= 200 && status < 300) taken.push(id);
    // 0: it never answers.
    request.resume().on('end', () => status > 0 && response.writeHead(status).end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
  let nowMs = 1_700_000_000_000;
  const meter = createMeter();
  const silent = () => undefined;
  const start = () => {
    const runner = startWebhooks({
      audit: store.audit,
      webhooks: store.webhooks,
      allowed: [host],
      clock: { now: () => nowMs },
      meter,
      log: { info: silent, warn: silent, error: silent },
      everyMs: 3_600_000,
    });
    closing.push(() => runner.close());
    return runner;
  };
  const happen = (change: Partial<AuditEvent> = {}) =>
    store.audit.append({
      atMs: nowMs,
      kind: 'consent',
      action: 'consent.granted',
      actor: ACTOR,
      room: 'lobby',
      details: {},
      ...change,
    });
  return {
    taken,
    attempts,
    meter,
    start,
    happen,
    url: `http://${host}/hook`,
    answer: (next: number) => (status = next),
    pass: (ms: number) => (nowMs += ms),
  };
}

test('a webhook is told, in order and once, of what it asked for since it was added', async () => {
  const { taken, url, start, happen } = await stage();
  await happen();
  await store.webhooks.add({ id: 'w', url, kinds: ['consent'], rooms: ['lobby'], secret: SECRET }, ACTOR, 1);
  const first = await happen();
  await happen({ kind: 'review', action: 'review.answered' });
  await happen({ room: 'elsewhere' });
  await happen({ room: null });
  const second = await happen();
  const runner = start();
  await runner.run();
  await runner.run();
  expect(taken).toEqual([first, second].map(({ seq }) => `audit-${seq.toString()}`));
});

test('while the receiver fails nothing is lost, nothing overtakes, and the pauses grow', async () => {
  const { taken, attempts, url, start, happen, answer, pass } = await stage();
  await store.webhooks.add({ id: 'w', url, kinds: ['consent'], rooms: null, secret: SECRET }, ACTOR, 1);
  const entries = [await happen(), await happen(), await happen()].map(({ seq }) => `audit-${seq.toString()}`);
  const runner = start();
  answer(503);
  await runner.run();
  await runner.run();
  expect(attempts).toEqual(entries.slice(0, 1));
  expect((await store.webhooks.all())[0]).toMatchObject({ failures: 1, problem: 'it answered 503' });
  pass(pauseAfter(1));
  await runner.run();
  pass(pauseAfter(2) - 1);
  await runner.run();
  expect(attempts).toHaveLength(2);
  answer(204);
  pass(1);
  // Another process may go on where this one was.
  await start().run();
  expect(taken).toEqual(entries);
  expect((await store.webhooks.all())[0]).toMatchObject({ failures: 0, problem: null });
});

test('an entry that is refused for days is given up and counted, and the next is tried', async () => {
  const { taken, url, start, happen, answer, pass, meter } = await stage();
  await store.webhooks.add({ id: 'w', url, kinds: ['consent'], rooms: null, secret: SECRET }, ACTOR, 1);
  await happen();
  const runner = start();
  answer(400);
  for (let i = 1; i <= 20; i++) {
    await runner.run();
    pass(pauseAfter(i));
  }
  expect(await meter.text()).toContain('undertone_discarded_total{queue="webhooks",reason="given-up"} 1');
  answer(204);
  const next = await happen();
  await runner.run();
  expect(taken).toEqual([`audit-${next.seq.toString()}`]);
});

test('a receiver that says nothing does not hold up a server that ends, and gets the entry again', async () => {
  const { taken, attempts, url, start, happen, answer } = await stage();
  await store.webhooks.add({ id: 'w', url, kinds: ['consent'], rooms: null, secret: SECRET }, ACTOR, 1);
  const { seq } = await happen();
  answer(0);
  const runner = start();
  const asked = runner.run();
  await expect.poll(() => attempts.length).toBe(1);
  await runner.close();
  await asked;
  expect((await store.webhooks.all())[0]).toMatchObject({ failures: 0, problem: null });
  answer(204);
  await start().run();
  expect(taken).toEqual([`audit-${seq.toString()}`]);
});
