import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PcmChunk, VideoFrame } from '../../src/domain.ts';
import { asUndertoneError } from '../../src/errors.ts';
import { startDecoder, type Decoder } from '../../src/io/decode.ts';
import { startWebRtc, type WebRtcServer } from '../../src/io/webrtc.ts';
import type { Json, MediaEvent, Peer } from '../../src/ports.ts';
import type { PublishOptions } from '../fixtures/publisher.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const workerBin = process.env['UNDERTONE_WORKER_BIN'] ?? '/nowhere';
const executablePath = process.env['UNDERTONE_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS =
  '--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync --use-fake-ui-for-media-stream --use-fake-device-for-media-stream';

const meter = countingMeter();
const clock = { now: () => performance.timeOrigin + performance.now() };

/** What a peer said, kept by kind. */
function listen(peer: Peer) {
  const heard = {
    chunks: [] as PcmChunk[],
    frames: [] as VideoFrame[],
    states: [] as string[],
    discontinuities: 0,
    ended: null as string | null,
  };
  peer.events.subscribe({
    next: (event: MediaEvent) => {
      if (event.kind === 'audio') heard.chunks.push(event.chunk);
      if (event.kind === 'video') heard.frames.push(event.frame);
      if (event.kind === 'track') heard.states.push(`${event.modality} ${event.state}`);
      if (event.kind === 'discontinuity') heard.discontinuities++;
    },
    error: (error: unknown) => {
      heard.ended = asUndertoneError(error).code;
    },
    complete: () => {
      heard.ended = 'complete';
    },
  });
  return heard;
}

describe.skipIf(!existsSync(workerBin) || !existsSync(executablePath))(
  'a browser publishes (needs UNDERTONE_WORKER_BIN and Chromium)',
  { timeout: 120_000 },
  () => {
    let site: Server;
    let browser: Browser;
    let decoder: Decoder;
    let server: WebRtcServer;
    const open: { page: Page; peer: Peer }[] = [];

    beforeAll(async () => {
      const script = await publisherScript();
      site = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html').end(`<!doctype html><script>${script}</script>`);
      });
      site.listen(0, '127.0.0.1');
      await once(site, 'listening');
      [browser, decoder] = await Promise.all([
        chromium.launch({ executablePath, args: FLAGS.split(' ') }),
        startDecoder({ workers: 1, log: silentLog, meter }),
      ]);
      server = await startWebRtc({
        workers: 2,
        workerBin,
        host: '127.0.0.1',
        port: 0,
        decoder,
        clock,
        meter,
        log: silentLog,
      });
    }, 120_000);

    afterEach(async () => {
      for (const { page, peer } of open.splice(0)) {
        peer.close();
        await page.close();
      }
    });

    afterAll(async () => {
      await browser.close();
      await server.close();
      await decoder.close();
      site.close();
    });

    async function publish(room: string, options: PublishOptions = {}, consent = true) {
      const peer = await server.join({ room, participant: 'ada' });
      const heard = listen(peer);
      if (consent) await peer.setConsent(true);
      const page = await browser.newPage();
      open.push({ page, peer });
      const methods: Record<string, (...args: never[]) => unknown> = {
        capabilities: () => peer.routerRtpCapabilities,
        openTransport: () => peer.openTransport(),
        connectTransport: (id: string, dtls: Json) => peer.connectTransport(id, dtls),
        produce: (id: string, kind: 'audio' | 'video', rtp: Json) => peer.produce(id, kind, rtp),
        restartIce: (id: string) => peer.restartIce(id),
      };
      await page.exposeFunction('signal', (method: string, ...args: never[]) => methods[method]?.(...args));
      await page.goto(`http://127.0.0.1:${String((site.address() as AddressInfo).port)}/`);
      await page.evaluate((given) => window.publisher.publish(given), options);
      return { peer, page, heard };
    }

    const until = (condition: () => boolean) => vi.waitUntil(condition, PATIENCE);

    test("sound and pictures arrive on one clock that is the server's", async () => {
      const { heard } = await publish('media');
      await until(() => heard.chunks.length > 150 && heard.frames.length > 15);
      const [first] = heard.frames;
      // A browser on a busy machine may send a smaller picture than the camera's.
      for (const { width, height, data } of heard.frames) {
        expect(width / height).toBeCloseTo(4 / 3, 1);
        expect(data.length).toBe(width * height * 1.5);
      }
      const now = clock.now();
      for (const times of [heard.chunks, heard.frames].map((list) => list.map(({ captureMs }) => captureMs))) {
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(now - (times.at(-1) ?? 0)).toBeLessThan(1000);
        expect(times.at(-1)).toBeLessThanOrEqual(now);
      }
      const span = (heard.chunks.at(-1)?.captureMs ?? 0) - (heard.chunks[0]?.captureMs ?? 0);
      expect(span / (heard.chunks.length - 1)).toBeCloseTo(20, 0);
      const pictureSpan = (heard.frames.at(-1)?.captureMs ?? 0) - (heard.frames[0]?.captureMs ?? 0);
      expect(pictureSpan / (heard.frames.length - 1)).toBeGreaterThan(150);
      // The fake microphone beeps, the fake camera is not black.
      expect(heard.chunks.some(({ samples }) => samples.some((value) => Math.abs(value) > 0.05))).toBe(true);
      expect(new Set(first?.data.subarray(0, first.width * first.height)).size).toBeGreaterThan(10);
      expect(heard.discontinuities).toBe(0);
      expect(heard.states).toEqual(['voice live', 'face live']);
    });

    test('H.264 arrives too', async () => {
      const { heard } = await publish('h264', { codec: 'video/H264' });
      await until(() => heard.frames.length > 3);
      expect((heard.frames[0]?.width ?? 0) / (heard.frames[0]?.height ?? 1)).toBeCloseTo(4 / 3, 1);
    });

    test('where UDP is blocked, media takes TCP', async () => {
      const { heard, page } = await publish('tcp', { only: 'tcp' });
      await until(() => heard.chunks.length > 20 && heard.frames.length > 2);
      expect((await page.evaluate(() => window.publisher.state())).protocol).toBe('tcp');
    });

    test('nothing is heard without consent, and nothing after it is withdrawn', async () => {
      const { peer, heard } = await publish('consent', {}, false);
      await until(() => heard.states.length === 2);
      const other = await publish('witness');
      await until(() => other.heard.chunks.length > 50);
      expect(heard.chunks.length + heard.frames.length).toBe(0);
      await peer.setConsent(true);
      await until(() => heard.chunks.length > 20 && heard.frames.length > 2);
      void peer.setConsent(false);
      const before = heard.chunks.length + heard.frames.length;
      const witnessed = other.heard.chunks.length;
      await until(() => other.heard.chunks.length > witnessed + 25);
      expect(heard.chunks.length + heard.frames.length).toBe(before);
      await peer.setConsent(true);
      await until(() => heard.chunks.length + heard.frames.length > before + 20);
    });

    test('mute, camera off and a second camera are told, and the media follows', async () => {
      const { peer, page, heard } = await publish('tracks');
      await until(() => heard.chunks.length > 10 && heard.frames.length > 2);
      await peer.setTrack('audio', 'muted');
      const muted = heard.chunks.length;
      const frames = heard.frames.length;
      await until(() => heard.frames.length > frames + 5);
      expect(heard.chunks.length).toBe(muted);
      await peer.setTrack('audio', 'live');
      await until(() => heard.chunks.length > muted + 10);
      await page.evaluate(() => window.publisher.produceAgain());
      const replaced = heard.frames.length;
      await until(() => heard.frames.length > replaced + 3);
      await peer.setTrack('video', 'off');
      const dark = heard.frames.length;
      const chunks = heard.chunks.length;
      await until(() => heard.chunks.length > chunks + 25);
      expect(heard.frames.length).toBe(dark);
      await expect(peer.setTrack('video', 'muted')).rejects.toMatchObject({ code: 'track-not-found' });
      peer.close();
      expect(heard.states).toEqual(['voice live', 'face live', 'voice muted', 'voice live', 'face live', 'face off']);
      expect(heard.ended).toBe('complete');
    });

    test('a browser that goes away turns its tracks off, and one that restarts ICE does not', async () => {
      const { page, heard } = await publish('away');
      await until(() => heard.chunks.length > 10);
      await page.evaluate(() => window.publisher.restartIce());
      const before = heard.chunks.length;
      await until(() => heard.chunks.length > before + 25);
      expect(heard.states).toEqual(['voice live', 'face live']);
      await page.evaluate(() => {
        window.publisher.close();
      });
      await until(() => heard.states.length === 4);
      expect(heard.states.slice(2).toSorted()).toEqual(['face off', 'voice off']);
      expect(heard.ended).toBeNull();
    });

    test('bytes that are not WebRTC leave the port alive', async () => {
      const { heard, peer } = await publish('noise');
      const { iceCandidates } = await (await server.join({ room: 'noise', participant: 'bob' })).openTransport();
      await until(() => heard.chunks.length > 10);
      const port = Number(iceCandidates[0]?.['port']);
      const garbage = [
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
        Buffer.alloc(1400, 0x80),
        Buffer.alloc(3, 0xff),
        Buffer.alloc(0),
      ];
      const udp = createSocket('udp4');
      for (const bytes of garbage) await new Promise((resolve) => udp.send(bytes, port, '127.0.0.1', resolve));
      udp.close();
      const tcp = connect(port, '127.0.0.1');
      await once(tcp, 'connect');
      for (const bytes of garbage) tcp.write(bytes);
      tcp.on('error', () => undefined).end();
      const before = heard.chunks.length;
      await until(() => heard.chunks.length > before + 25);
      expect(server.status()).toEqual({ workers: 2, workersAlive: 2 });
      peer.close();
    });

    test('a worker that dies ends its own participants and is started again; others do not notice', async () => {
      const one = await publish('one');
      const two = await publish('two');
      await until(() => one.heard.chunks.length > 10 && two.heard.chunks.length > 10);
      const restarts = meter.read('undertone_webrtc_worker_restarts_total');
      const [victim] = server.pids;
      process.kill(victim ?? 0, 'SIGKILL');
      await until(() => one.heard.ended !== null || two.heard.ended !== null);
      const survivor = one.heard.ended === null ? one : two;
      expect([one.heard.ended, two.heard.ended]).toContain('worker-crashed');
      const before = survivor.heard.chunks.length;
      await until(() => survivor.heard.chunks.length > before + 25);
      await until(() => server.status().workersAlive === 2);
      expect(meter.read('undertone_webrtc_worker_restarts_total')).toBe(restarts + 1);
      const again = await publish(survivor === one ? 'two' : 'one');
      await until(() => again.heard.chunks.length > 10);
    });
  },
);

/** The publisher page's script, bundled for a browser. */
async function publisherScript(): Promise<string> {
  const entry = new URL('../fixtures/publisher.ts', import.meta.url).pathname;
  const lib = { entry, formats: ['iife' as const], name: 'fixture' };
  const built = await build({ configFile: false, logLevel: 'silent', build: { write: false, lib } });
  const [{ output }] = built as Rolldown.RolldownOutput[] as [Rolldown.RolldownOutput];
  return output[0].code.replaceAll('</script', '<\\/script');
}
