import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/commands/doctor/finding.ts';
import { checkAnnounced } from '../../src/commands/doctor/network.ts';
import { checkNode } from '../../src/commands/doctor/keeping.ts';
import { readSettings } from '../../src/config.ts';
import { startInference } from '../../models/pool.ts';
import { createLog } from '../../src/io/telemetry-log.ts';
import { createMeter } from '../../src/io/telemetry.ts';
import { undertone } from './undertone.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'undertone-doctor-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function examined(env: Record<string, string>) {
  const ports = { UNDERTONE_PORT: '0', UNDERTONE_WEBRTC_PORT: '0' };
  const { code, stdout } = await undertone(['doctor', '--json'], { cwd, env: { ...ports, ...env } });
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, of: (name: string) => findings.find((each) => each.name === name), findings };
}

describe('undertone doctor', () => {
  it('finds what is there, and who ran a network', async () => {
    const { of } = await examined({});
    for (const name of ['Node.js', 'secret', 'pack', 'store', 'HTTP port', 'WebRTC ports', 'announced address'])
      expect(of(name)).toMatchObject({ name, state: 'ok', remedy: null });
    expect(of('provider cpu')).toMatchObject({ state: 'ok', found: 'ran all nodes, on one thread' });
  });

  it('names each fault with its remedy, and ends with 1', async () => {
    const server = createServer((_, response) => response.end('ok\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, of, findings } = await examined({
      UNDERTONE_PORT: `${port}`,
      UNDERTONE_WEBRTC_PORT: `${port}`,
      UNDERTONE_WEBRTC_WORKERS: '1',
      UNDERTONE_PACK: cwd,
      UNDERTONE_FFMPEG: join(cwd, 'no-ffmpeg'),
      UNDERTONE_WORKER_BIN: join(cwd, 'no-worker'),
    });
    server.close();
    expect(code).toBe(1);
    expect(of('HTTP port')?.found).toBe(`127.0.0.1:${port}: taken by a server that answers as Undertone does`);
    expect(of('WebRTC ports')?.found).toBe(`TCP ${port}: taken`);
    for (const name of ['HTTP port', 'WebRTC ports', 'pack', 'ffmpeg', 'WebRTC worker'])
      expect(of(name)?.state).toBe('fault');
    for (const { state, remedy } of findings) expect(remedy === null).toBe(state === 'ok' || state === 'unused');
  });

  it('takes a provider that is required for a fault where it does not work', async ({ skip }) => {
    const { code, of } = await examined({ UNDERTONE_PROVIDERS: 'cuda,cpu', UNDERTONE_PROVIDERS_REQUIRED: 'true' });
    if (of('provider cuda')?.state === 'ok') skip('CUDA works here');
    expect(code).toBe(1);
    expect(of('provider cuda')).toMatchObject({
      state: 'fault',
      found: expect.stringMatching(/^does not work here \(/) as string,
      remedy: expect.stringMatching(/CUDA 12, cuDNN 9/) as string,
    });
  });

  it('reads in lines that are aligned', async () => {
    const env = { UNDERTONE_HOST: '0.0.0.0', UNDERTONE_PORT: '0', UNDERTONE_WEBRTC_PORT: '0' };
    const { stdout } = await undertone(['doctor'], { cwd, env });
    expect(stdout).toMatch(/^ok {7}Node\.js {12}\d/);
    expect(stdout).toMatch(
      /^FAULT {4}secret {13}not set, and others can reach 0\.0\.0\.0\n {28}-> set UNDERTONE_SECRET/m,
    );
    expect(stdout).toMatch(/\n\n[1-9] faults, \d warnings\n$/);
  });

  it('names every setting that is wrong', async () => {
    const { code, findings } = await examined({ UNDERTONE_HOP_MS: 'x', UNDERTONE_TYPO: '1' });
    expect(code).toBe(1);
    expect(findings.slice(1).map(({ found }) => found)).toEqual([
      expect.stringContaining('UNDERTONE_TYPO'),
      expect.stringContaining('UNDERTONE_HOP_MS'),
    ]);
  });
});

it('says of an old Node.js what it cannot do', () => {
  expect(checkNode('22.18.0')).toMatchObject({ state: 'warning' });
  expect(checkNode('24.5.0')).toMatchObject({ state: 'ok' });
});

describe('the announced address', () => {
  it.each<readonly [Readonly<Record<string, string>>, Finding['state'], RegExp]>([
    [{}, 'ok', /this machine only/],
    [{ UNDERTONE_WEBRTC_HOST: '0.0.0.0' }, 'fault', /no browser can reach 0\.0\.0\.0/],
    [{ UNDERTONE_HOST: '0.0.0.0' }, 'warning', /only this machine can send media/],
    [{ UNDERTONE_WEBRTC_ANNOUNCED: '10.1.2.3' }, 'ok', /within a private network, not of this machine/],
    [{ UNDERTONE_WEBRTC_ANNOUNCED: '8.8.8.8' }, 'ok', /public, .*cannot be told from here/],
    [{ UNDERTONE_WEBRTC_ANNOUNCED: '0.0.0.0' }, 'fault', /unspecified/],
    [{ UNDERTONE_WEBRTC_ANNOUNCED: 'nowhere.invalid' }, 'fault', /no host that can be looked up/],
    [{ UNDERTONE_HOST: '0.0.0.0', UNDERTONE_WEBRTC_ANNOUNCED: '127.0.0.1' }, 'warning', /as it sees itself/],
  ])('of %j is %s', async (env, state, found) => {
    expect(await checkAnnounced(readSettings(env))).toMatchObject({
      state,
      found: expect.stringMatching(found) as string,
    });
  });
});

it('starts no networks on another provider than the one that is required', async ({ skip }) => {
  const meter = createMeter();
  const started = startInference({
    packDir: 'models/packs/default',
    providers: ['cuda', 'cpu'],
    required: true,
    meter,
    log: createLog('silent', { meter }),
  });
  const outcome = await started.then(
    (inference) => inference.close(),
    (thrown: unknown) => thrown,
  );
  if (outcome === undefined) skip('CUDA works here');
  expect(outcome).toMatchObject({
    code: 'inference-failed',
    message: expect.stringMatching(
      /^cuda does not work here: .*It is required: .*CUDA 12.*unset UNDERTONE_PROVIDERS_REQUIRED$/s,
    ) as string,
  });
});
