import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startDecoder, type Decoder } from '../../src/io/decode.ts';
import { startWebRtc, type WebRtcServer } from '../../src/io/webrtc.ts';
import type { Json, Peer } from '../../src/ports.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const workerBin = process.env['UNDERTONE_WORKER_BIN'] ?? '/nowhere';
const meter = countingMeter();
const clock = { now: () => performance.timeOrigin + performance.now() };
const ref = (participant = 'ada', room = 'lobby') => ({ participant, room });

const codecs = {
  opus: { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 },
  vp8: { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 },
  vp9: { mimeType: 'video/VP9', payloadType: 96, clockRate: 90_000 },
  pcmu: { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 },
};
const sent = (codec: Json, ssrc: number, extra: Json = {}) => ({
  mid: String(ssrc),
  codecs: [codec],
  encodings: [{ ssrc }],
  ...extra,
});

describe.skipIf(!existsSync(workerBin))('media server (needs UNDERTONE_WORKER_BIN)', () => {
  let decoder: Decoder;
  let server: WebRtcServer;
  const start = (options: { workers?: number; port?: number; host?: string; workerBin?: string } = {}) =>
    startWebRtc({
      workers: 1,
      workerBin,
      host: '127.0.0.1',
      port: 0,
      decoder,
      clock,
      meter,
      log: silentLog,
      ...options,
    });

  beforeAll(async () => {
    decoder = await startDecoder({ workers: 1, log: silentLog, meter });
    server = await start();
  });

  afterAll(async () => {
    await server.close();
    await decoder.close();
  });

  async function joined(participant: string): Promise<{ peer: Peer; transport: string }> {
    const peer = await server.join(ref(participant));
    return { peer, transport: (await peer.openTransport()).transport };
  }

  test('an offer has UDP and TCP on one port, and browsers are told Opus, VP8 and H.264', async () => {
    const peer = await server.join(ref());
    const { iceCandidates } = await peer.openTransport();
    expect(new Set(iceCandidates.map(({ protocol }) => protocol))).toEqual(new Set(['udp', 'tcp']));
    expect(new Set(iceCandidates.map(({ port }) => port)).size).toBe(1);
    const told = peer.routerRtpCapabilities['codecs'] as { mimeType: string }[];
    const media = told.map(({ mimeType }) => mimeType).filter((type) => !type.endsWith('/rtx'));
    expect(media).toEqual(['audio/opus', 'video/VP8', 'video/H264']);
    peer.close();
  });

  test.each([
    ['a codec that nobody decodes', 'video', sent(codecs.vp9, 1), 'unsupported-codec'],
    ['audio at another rate', 'audio', sent({ ...codecs.opus, clockRate: 44_100 }, 2), 'unsupported-codec'],
    ['mono Opus, which does not exist', 'audio', sent({ ...codecs.opus, channels: 1 }, 3), 'unsupported-codec'],
    ['another audio codec', 'audio', sent(codecs.pcmu, 4), 'unsupported-codec'],
    ['a picture called sound', 'audio', sent(codecs.vp8, 5), 'unsupported-codec'],
    ['simulcast', 'video', sent(codecs.vp8, 6, { encodings: [{ ssrc: 6 }, { ssrc: 7 }] }), 'bad-media'],
    ['no codec', 'video', { codecs: [], encodings: [] }, 'bad-media'],
    ['nothing', 'video', {}, 'bad-media'],
    ['numbers that are words', 'video', sent({ ...codecs.vp8, payloadType: 'x' }, 8), 'bad-media'],
  ] as const)('%s is refused: %#', async (_name, kind, parameters, code) => {
    const { peer, transport } = await joined('bad');
    await expect(peer.produce(transport, kind, parameters)).rejects.toMatchObject({ code });
    peer.close();
  });

  test('what a hostile client may say about its media never stops the worker', async () => {
    const { peer, transport } = await joined('hostile');
    const anything = fc.oneof(
      fc.dictionary(fc.constantFrom('mid', 'codecs', 'encodings', 'rtcp', 'headerExtensions'), fc.anything()),
      fc.record({
        mid: fc.string(),
        codecs: fc.array(fc.record({ ...mapConstants(codecs.vp8), payloadType: fc.integer() }), { maxLength: 3 }),
        encodings: fc.array(fc.record({ ssrc: fc.double(), rid: fc.string() }, { requiredKeys: [] }), { maxLength: 2 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (parameters) => {
        await peer.produce(transport, 'video', parameters as Json).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'UndertoneError' });
        });
        await peer.connectTransport(transport, parameters as Json).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'bad-media' });
        });
      }),
      { numRuns: 200 },
    );
    expect(server.status()).toEqual({ workers: 1, workersAlive: 1 });
    peer.close();
  });

  test('transports that do not exist, tracks that were not sent and peers that left are named', async () => {
    const { peer, transport } = await joined('lost');
    const missing = { code: 'transport-not-found' };
    await expect(peer.connectTransport('nowhere', {})).rejects.toMatchObject(missing);
    await expect(peer.restartIce('nowhere')).rejects.toMatchObject(missing);
    await expect(peer.produce('nowhere', 'audio', sent(codecs.opus, 9))).rejects.toMatchObject(missing);
    await expect(peer.setTrack('audio', 'muted')).rejects.toMatchObject({ code: 'track-not-found' });
    await peer.setTrack('audio', 'off');
    const second = await peer.openTransport();
    await expect(peer.restartIce(transport)).rejects.toMatchObject(missing);
    expect(await peer.restartIce(second.transport)).toHaveProperty('usernameFragment');
    peer.close();
    await expect(peer.openTransport()).rejects.toMatchObject({ code: 'not-joined' });
  });

  test('a new transport ends the tracks of the one before', async () => {
    const { peer, transport } = await joined('again');
    const states: string[] = [];
    peer.events.subscribe((event) => {
      if (event.kind === 'track') states.push(`${event.modality} ${event.state}`);
    });
    await peer.produce(transport, 'audio', sent(codecs.opus, 10));
    await peer.produce(transport, 'video', sent(codecs.vp8, 11));
    await peer.openTransport();
    expect(states).toEqual(['voice live', 'face live', 'voice off', 'face off']);
    peer.close();
  });

  test('consent that comes and goes while tracks come and go leaves nothing behind', async () => {
    const { peer, transport } = await joined('wavering');
    const running = [
      peer.setConsent(true),
      peer.produce(transport, 'audio', sent(codecs.opus, 20)),
      peer.setConsent(false),
      peer.produce(transport, 'audio', sent(codecs.opus, 21)),
      peer.setConsent(true),
    ];
    await Promise.all(running);
    await peer.setTrack('audio', 'muted');
    await Promise.all([peer.setTrack('audio', 'live'), peer.setConsent(false), peer.setConsent(true)]);
    const left = peer.setConsent(true);
    peer.close();
    await left;
    expect(server.status().workersAlive).toBe(1);
  });

  test('thirty join one room at once, and the room closes after the last', async () => {
    const peers = await Promise.all(Array.from({ length: 30 }, (_, i) => server.join(ref(`p${String(i)}`, 'full'))));
    const offers = await Promise.all(peers.map((peer) => peer.openTransport()));
    expect(new Set(offers.map(({ transport }) => transport)).size).toBe(30);
    for (const peer of peers) peer.close();
    const next = await server.join(ref('p0', 'full'));
    expect(await next.openTransport()).toHaveProperty('transport');
    next.close();
  });

  test('closing ends everyone, and nobody is taken in afterwards', async () => {
    const closing = await start({ workers: 2 });
    const peer = await closing.join(ref());
    const completed = vi.fn();
    peer.events.subscribe({ complete: completed });
    await closing.close();
    expect(completed).toHaveBeenCalledOnce();
    await expect(closing.join(ref())).rejects.toMatchObject({ code: 'draining' });
    expect(closing.status()).toEqual({ workers: 2, workersAlive: 0 });
  });

  test('what tells the process to end is left to the server, which drains first', async () => {
    const deaf = () => (['SIGINT', 'SIGTERM'] as const).map((name) => process.listeners(name));
    const before = deaf();
    const other = await start();
    expect(deaf()).toEqual(before);
    await other.close();
  });

  test('a worker that is told to end lets its participants go, and is started again', async () => {
    const other = await start();
    const peer = await other.join(ref());
    const completed = vi.fn();
    peer.events.subscribe({ complete: completed });
    process.kill(other.pids[0] ?? 0, 'SIGTERM');
    await vi.waitUntil(() => completed.mock.calls.length === 1, PATIENCE);
    await vi.waitUntil(() => other.status().workersAlive === 1, PATIENCE);
    await other.close();
  });

  test('a worker that hangs is killed when the server closes', async () => {
    const other = await start();
    const [pid = 0] = other.pids;
    process.kill(pid, 'SIGSTOP');
    await other.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test('a port that is taken, a binary that is missing and an address nobody reaches are named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({ code: 'port-in-use' });
    other.close();
    await expect(start({ workerBin: '/nowhere/worker' })).rejects.toMatchObject({ code: 'setup-missing' });
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'config-invalid' });
    await expect(start({ host: '203.0.113.1' })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

function mapConstants<T extends object>(value: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fc.constant(each)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}
