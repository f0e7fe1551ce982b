import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { issueToken, verifyToken } from '../../src/io/tokens.ts';
import type { Snapshot } from '../../src/protocol.ts';
import { ADA, answer, scriptedGateway, verdict } from '../clients/scripted-gateway.ts';
import { start, undertone } from './undertone.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const cwd = mkdtempSync(join(tmpdir(), 'undertone-cli-'));
const secret = 'a secret of at least thirty-two characters';

afterAll(() => {
  rmSync(cwd, { recursive: true });
});

describe('undertone', () => {
  it('lists its commands, and each explains itself', async () => {
    const { code, stdout } = await undertone(['--help'], { cwd });
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual([
      'serve',
      'doctor',
      'analyse',
      'watch',
      'token',
      'aggregate',
      'features',
      'train',
      'annotators',
      'pack',
      'evaluate',
      'reject',
      'calibrate',
      'uncertainty',
      'reference',
      'recalibrate',
      'review',
      'inspect',
      'import',
    ]);
    for (const name of names) {
      const help = await undertone([name, '--help'], { cwd });
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(new RegExp(`^undertone ${name}[\\s\\S]*  --help +this text\n$`));
    }
  });

  it('without a command, or with one that there is not, says what there is', async () => {
    expect(await undertone([], { cwd })).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('analyse') as string,
    });
    for (const name of ['analyze', 'constructor', '--version'])
      expect(await undertone([name], { cwd })).toMatchObject({
        code: 2,
        stderr: `undertone: there is no command '${name}': see 'undertone --help' (config-invalid)\n`,
      });
  });
});

describe('undertone token', () => {
  it('makes a token that says what was asked for', async () => {
    const args = ['token', '--role', 'viewer', '--room', 'lobby,stage', '--hours', '2', '--subject', 'wall'];
    const { stdout } = await undertone(args, { cwd, env: { UNDERTONE_SECRET: secret } });
    const access = await verifyToken(secret, stdout.trim());
    expect(access).toMatchObject({ role: 'viewer', rooms: ['lobby', 'stage'], subject: 'wall' });
    expect(Math.abs(access.expiresMs - Date.now() - 2 * 3_600_000)).toBeLessThan(60_000);
  });

  it.each([
    [['--role', 'owner'], /--role must be one of/],
    [['--role', 'viewer', '--hours', '0'], /--hours must be/],
    [['--role', 'viewer', '--hours', 'x'], /--hours must be/],
    [['--role', 'viewer', '--room', 'a room'], /'a room' cannot be the name of a room/],
  ])('refuses %j', async (args, said) => {
    const { code, stderr } = await undertone(['token', ...args], { cwd, env: { UNDERTONE_SECRET: secret } });
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });

  it('asks the running server to call a token back, as an admin', async () => {
    const asked: { path: string | undefined; role: string; body: unknown }[] = [];
    const server = createServer((request, response) => {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      void Promise.all([verifyToken(secret, token), json(request)]).then(([{ role }, body]) => {
        asked.push({ path: request.url, role, body });
        response.writeHead(204).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
    const { token, id, expiresMs } = await issueToken(secret, { role: 'viewer' }, 3600);
    const options = { cwd, env: { UNDERTONE_SECRET: secret } };
    expect(await undertone(['token', '--revoke', token, '--url', url], options)).toMatchObject({
      code: 0,
      stdout: `called back: ${id}\n`,
    });
    expect(asked).toEqual([{ path: '/api/v1/tokens/revocations', role: 'admin', body: { id, expiresMs } }]);
    server.close();
    const { code, stderr } = await undertone(['token', '--revoke', 'not-a-token', '--url', url], options);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--revoke takes a token/);
    expect(stderr).not.toContain('not-a-token');
  });

  it('makes no secret of its own', async () => {
    const { code, stderr } = await undertone(['token', '--role', 'viewer'], {
      cwd,
      env: { UNDERTONE_DATA_DIR: join(cwd, 'data') },
    });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no server has left a secret/) as string,
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('undertone import', () => {
  it('names the models that there are', async () => {
    const { code, stderr } = await undertone(['import', 'gpt'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/blazeface, silero/) as string });
  });
});

describe('undertone watch', () => {
  const room: Omit<Snapshot, 'seq'> = {
    type: 'snapshot',
    room: 'lobby',
    epoch: 'e',
    participants: [ADA],
    verdicts: [],
    segments: [],
  };

  it('prints who is there, each verdict, and its end on Ctrl-C', async () => {
    await using gateway = await scriptedGateway((message, peer) => {
      answer(message, peer);
      if (message.type !== 'subscribe') return;
      peer.send({ ...room, seq: 1 });
      peer.send({ type: 'event', room: 'lobby', epoch: 'e', seq: 2, event: { kind: 'verdict', ...verdict(2) } });
    });
    const { child, stdout, done } = start(['watch', 'lobby', '--url', gateway.url, '--token', 't'], { cwd });
    await vi.waitFor(() => {
      expect(stdout()).toMatch(/^\d\d:\d\d:\d\d {2}lobby +live$/m);
      expect(stdout()).toMatch(/^\d\d:\d\d:\d\d {2}Ada +customer, voice live, face off$/m);
      expect(stdout().match(/^\d\d:\d\d:\d\d {2}Ada /gm)).toHaveLength(2);
    }, PATIENCE);
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
  });

  it('prints what the wire says as JSON', async () => {
    await using gateway = await scriptedGateway((message, peer) => {
      answer(message, peer);
      if (message.type === 'subscribe') peer.send({ ...room, seq: 1 });
    });
    const { child, stdout, done } = start(['watch', 'lobby', '--url', gateway.url, '--token', 't', '--json'], { cwd });
    await vi.waitFor(() => {
      expect(stdout()).toContain('"snapshot"');
    }, PATIENCE);
    child.kill('SIGTERM');
    expect((await done).code).toBe(143);
    for (const line of stdout().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
  });

  it('ends with the reason when the server refuses the token', async () => {
    await using gateway = await scriptedGateway((message, peer) => {
      peer.send({ type: 'error', id: message.id, code: 'unauthenticated', message: 'the token has expired' });
    });
    const ran = await undertone(['watch', 'lobby', '--url', gateway.url, '--token', 'old'], { cwd });
    expect(ran).toMatchObject({ code: 1, stderr: 'undertone: the token has expired (unauthenticated)\n' });
  });

  it('asks for a token for another machine', async () => {
    const { code, stderr } = await undertone(['watch', 'lobby', '--url', 'wss://monitor.example'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/UNDERTONE_TOKEN/) as string });
  });
});
