import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { lastValueFrom, takeWhile, toArray } from 'rxjs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { MediaEvent } from '../../src/ports.ts';
import { mediaFile } from '../../src/io/ffmpeg.ts';
import type { Decoded } from '../../src/io/ffmpeg-decoded.ts';
import { liveMedia } from '../../src/io/ffmpeg-live.ts';
import { H264, mediaFolder, ownFfmpegs, sorted, testPicture, testSound } from '../fixtures/media.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const folder = mediaFolder();
afterAll(() => {
  folder.remove();
});

/** What arrives at `atMs` on our clock and says that it was captured at `ms` on the stream's. */
type Arrival = readonly [atMs: number, ms: number];

const sound = (captureMs: number): Decoded => ({
  kind: 'audio',
  chunk: { samples: new Float32Array(1600), captureMs },
});

/** A stream that makes one connection after the other, then refuses. */
function streamOf(connections: readonly (readonly Arrival[])[], options: { stallMs?: number; attempts?: number } = {}) {
  let nowMs = 0;
  let connected = 0;
  const lost: number[] = [];
  const connect = () => {
    const arrivals = connections[connected++];
    if (arrivals === undefined) return Promise.reject(new Error(`refused ${connected}`));
    return Promise.resolve(
      (async function* () {
        await Promise.resolve();
        for (const [atMs, ms] of arrivals) {
          nowMs = atMs;
          yield sound(ms);
        }
      })(),
    );
  };
  const { stallMs = 10_000, attempts = 2 } = options;
  const events = liveMedia(
    connect,
    { clock: { now: () => nowMs }, attempts, backoffMs: 1, stallMs, onLost: (attempt) => lost.push(attempt) },
    new AbortController().signal,
  );
  return { events, lost };
}

const steady = (count: number, { atMs = 0, ms = 0 } = {}): Arrival[] =>
  Array.from({ length: count }, (_, index) => [atMs + index * 100, ms + index * 100]);

const times = (events: readonly MediaEvent[]) => sorted(events).chunks.map(({ captureMs }) => captureMs);

describe('a live stream’s clock', () => {
  it('puts the stream’s time on ours', async () => {
    const { events } = streamOf([steady(20, { atMs: 5000, ms: 77_000 })]);
    expect(times(await all(events))).toEqual(steady(20, { atMs: 5000 }).map(([at]) => at));
  });

  it('does not take a burst at the beginning for the future', async () => {
    const burst: Arrival[] = Array.from({ length: 10 }, (_, index) => [1000, index * 100]);
    const after = steady(10, { atMs: 1100, ms: 1000 });
    const captured = times(await all(streamOf([[...burst, ...after]]).events));
    expect(captured).toEqual(Array.from({ length: 20 }, (_, index) => 100 + index * 100));
  });

  it('starts anew, and says so, when the stream’s clock jumps ahead', async () => {
    const events = await all(streamOf([[...steady(10), ...steady(10, { atMs: 1000, ms: 901_000 })]]).events);
    expect(events.filter(({ kind }) => kind === 'discontinuity')).toHaveLength(2);
    expect(times(events)).toEqual(steady(20).map(([at]) => at));
  });
});

describe('a live stream’s losses', () => {
  it('turn its modalities off and on, with a discontinuity between', async () => {
    const { events, lost } = streamOf([steady(8), steady(8, { atMs: 3000 })]);
    const said = (await all(events)).filter(({ kind }) => kind !== 'audio');
    expect(said).toEqual([
      { kind: 'track', modality: 'voice', state: 'off' },
      { kind: 'track', modality: 'face', state: 'off' },
      { kind: 'track', modality: 'voice', state: 'live' },
      { kind: 'track', modality: 'voice', state: 'off' },
      { kind: 'discontinuity', modality: 'voice' },
      { kind: 'track', modality: 'voice', state: 'live' },
      { kind: 'track', modality: 'voice', state: 'off' },
    ]);
    expect(lost).toEqual([0, 0, 1, 2]);
  });

  it('of a stream that never was are an error: the last attempt’s', async () => {
    await expect(all(streamOf([], { attempts: 3 }).events)).rejects.toThrow('refused 3');
  });

  it('include a connection that brings nothing any more', async () => {
    let connections = 0;
    const connect = (signal: AbortSignal) => {
      connections++;
      return Promise.resolve(
        (async function* () {
          yield sound(0);
          await new Promise((dropped) => {
            signal.addEventListener('abort', dropped);
          });
        })(),
      );
    };
    const ended = new AbortController();
    const options = { clock: { now: () => 0 }, attempts: 3, backoffMs: 1, stallMs: 5, onLost: () => undefined };
    const events = liveMedia(connect, options, ended.signal);
    const done = all(events);
    await vi.waitFor(() => {
      expect(connections).toBeGreaterThan(2);
    }, PATIENCE);
    ended.abort();
    expect(times(await done).length).toBeGreaterThanOrEqual(2);
  });
});

describe('RTMP', () => {
  it('is read from a real sender, sound and picture on one clock', async () => {
    const clip = await folder.make('clip.flv', ...testPicture(8), ...testSound(8), ...H264, '-c:a', 'aac');
    const url = `rtmp://127.0.0.1:${await freePort()}/live/x`;
    const sender = spawn('ffmpeg', [
      '-nostdin',
      '-loglevel',
      'error',
      '-re',
      '-i',
      clip,
      '-c',
      'copy',
      '-f',
      'flv',
      '-listen',
      '1',
      url,
    ]);
    try {
      let chunks = 0;
      let frames = 0;
      const source = mediaFile(url, { attempts: 50, backoffMs: 100, clock: { now: () => 1e12 + performance.now() } });
      const events = await lastValueFrom(
        source.events.pipe(
          takeWhile(({ kind }) => {
            if (kind === 'audio') chunks++;
            if (kind === 'video') frames++;
            return chunks < 20 || frames < 10;
          }),
          toArray(),
        ),
      );
      const heard = sorted(events);
      expect(heard.events.filter(({ kind }) => kind === 'discontinuity')).toEqual([]);
      const [soundMs = 0] = heard.chunks.map(({ captureMs }) => captureMs);
      const [pictureMs = 0] = heard.frames.map(({ captureMs }) => captureMs);
      expect(soundMs).toBeGreaterThan(1e12);
      expect(Math.abs(soundMs - pictureMs)).toBeLessThan(200);
    } finally {
      sender.kill('SIGKILL');
    }
    await vi.waitFor(() => {
      expect(ownFfmpegs()).toEqual([]);
    }, PATIENCE);
  });
});

async function all(events: AsyncIterable<MediaEvent>): Promise<MediaEvent[]> {
  const heard = [];
  for await (const event of events) heard.push(event);
  return heard;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
