import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { deliver, isSigned, signature } from '../../../src/io/webhooks/deliver.ts';
import type { AuditEntry, Webhook } from '../../../src/domain/trust.ts';

const SECRET = Buffer.from('a secret of thirty-two characters').toString('base64');
const ENTRY: AuditEntry = {
  seq: 7,
  atMs: 1_700_000_000_000,
  kind: 'consent',
  action: 'consent.withdrawn',
  actor: { role: 'publisher', subject: 'p1' },
  room: 'lobby',
  details: { participant: 'p1' },
  previous: '0'.repeat(64),
  hash: '1'.repeat(64),
};
const NOW_MS = 1_700_000_123_456;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function receiver(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
  const webhook: Webhook = {
    id: 'w1',
    url: `http://${host}/hook`,
    kinds: ['consent'],
    rooms: null,
    secret: SECRET,
    deliveredSeq: 0,
    failures: 0,
    nextMs: 0,
    problem: null,
  };
  return { webhook, options: { allowed: [host], nowMs: NOW_MS, timeoutMs: 500 } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('a delivery is signed, and its id is the same at every attempt', async () => {
  const seen: { id: string; good: boolean; data: unknown }[] = [];
  const { webhook, options } = await receiver((request, response) => {
    void bodyOf(request).then((body) => {
      const id = request.headers['webhook-id'] as string;
      const at = Number(request.headers['webhook-timestamp']);
      const header = request.headers['webhook-signature'] as string;
      seen.push({
        id,
        good: isSigned(SECRET, id, at, body, header),
        data: (JSON.parse(body) as { data: unknown }).data,
      });
      response.writeHead(204).end();
    });
  });
  expect(await deliver(webhook, ENTRY, options)).toBeNull();
  expect(await deliver(webhook, ENTRY, { ...options, nowMs: NOW_MS + 60_000 })).toBeNull();
  expect(seen).toEqual(Array.from({ length: 2 }, () => ({ id: 'audit-7', good: true, data: ENTRY })));
});

test('a signature holds for its secret, id, time and body alone', () => {
  const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => Buffer.from(key).toString('base64'));
  const id = fc.nat().map((seq) => `audit-${seq.toString()}`);
  const part = fc.tuple(secret, id, fc.nat(), fc.string());
  fc.assert(
    fc.property(part, part, (signed, asked) => {
      const same = JSON.stringify(signed) === JSON.stringify(asked);
      expect(isSigned(...signed, signature(...signed))).toBe(true);
      expect(isSigned(...asked, signature(...signed))).toBe(same);
    }),
  );
});

test.each([301, 302, 307, 404, 500])('an answer of %s is a failure, and a redirect is not followed', async (status) => {
  let calls = 0;
  const { webhook, options } = await receiver((_, response) => {
    calls += 1;
    response.writeHead(status, { location: webhook.url }).end();
  });
  expect(await deliver(webhook, ENTRY, options)).toBe(`it answered ${status.toString()}`);
  expect(calls).toBe(1);
});

test('a receiver that does not answer, or is not there, is a failure in words', async () => {
  const { webhook, options } = await receiver(() => undefined);
  expect(await deliver(webhook, ENTRY, options)).toBe('it did not answer in time');
  for (const close of closing.splice(0)) await close();
  expect(await deliver(webhook, ENTRY, options)).toMatch(/ECONNREFUSED/);
});

test('a private address that nobody vouches for is not connected to', async () => {
  let calls = 0;
  const { webhook, options } = await receiver((_, response) => {
    calls += 1;
    response.end();
  });
  const port = new URL(webhook.url).port;
  for (const url of [webhook.url, `https://127.0.0.1:${port}/`, `https://localhost:${port}/`])
    expect(await deliver({ ...webhook, url }, ENTRY, { ...options, allowed: [] })).toMatch(/https|private network/);
  expect(calls).toBe(0);
});
