import { createServer, type Server } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { take } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asUndertoneError } from '../../src/errors.ts';
import { mediaFile } from '../../src/io/ffmpeg.ts';
import { H264, hear, mediaFolder, ownFfmpegs, soundEndMs, testPicture, testSound } from '../fixtures/media.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const folder = mediaFolder();
let both = '';

beforeAll(async () => {
  both = await folder.make('both.mp4', ...testPicture(3), ...testSound(3), ...H264, '-c:a', 'aac');
});

afterAll(() => {
  folder.remove();
});

describe('a file with sound and picture', () => {
  it('says first which modalities there are, then all of both in order of time', async () => {
    const { events, chunks, frames } = await hear(both);
    expect(events.slice(0, 2)).toEqual([
      { kind: 'track', modality: 'voice', state: 'live' },
      { kind: 'track', modality: 'face', state: 'live' },
    ]);
    expect(events.filter(({ kind }) => kind === 'track' || kind === 'discontinuity')).toHaveLength(2);
    expect(frames.map(({ captureMs }) => captureMs)).toEqual(Array.from({ length: 15 }, (_, index) => index * 200));
    expect(chunks[0]?.captureMs).toBe(0);
    expect(chunks.slice(0, -1).every(({ samples }) => samples.length === 1600)).toBe(true);
    expect(Math.abs(soundEndMs(chunks) - 3000)).toBeLessThan(50);
    const times = events.flatMap((event) =>
      event.kind === 'audio' ? [event.chunk.captureMs] : event.kind === 'video' ? [event.frame.captureMs] : [],
    );
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('gives packed I420 in the video range, each picture in a buffer of its own', async () => {
    const { frames } = await hear(both);
    for (const { width, height, data, fullRange } of frames) {
      expect({ width, height, fullRange }).toEqual({ width: 160, height: 120, fullRange: false });
      expect(data.length).toBe(160 * 120 * 1.5);
      expect(data.buffer.byteLength).toBe(data.length);
    }
  });

  it('gives the same every time, and as many pictures as asked for', async () => {
    const [first, second] = [await hear(both, { framesPerSecond: 10 }), await hear(both, { framesPerSecond: 10 })];
    expect(first).toEqual(second);
    expect(first.frames).toHaveLength(30);
  });
});

describe('times', () => {
  it.each(['mp4', 'ts', 'mkv'])('a picture that starts 2 s late starts 2 s late (%s)', async (container) => {
    const [picture, sound] = [
      await folder.make('picture.mp4', ...testPicture(2), ...H264),
      await folder.make('sound.mp4', ...testSound(4), '-c:a', 'aac'),
    ];
    const late = await folder.make(`late.${container}`, '-itsoffset', '2', '-i', picture, '-i', sound, '-c', 'copy');
    const { chunks, frames } = await hear(late);
    expect(chunks[0]?.captureMs).toBeLessThan(60);
    expect(frames[0]?.captureMs).toBeGreaterThanOrEqual(1995);
    expect(frames[0]?.captureMs).toBeLessThan(2100);
    expect(frames).toHaveLength(10);
  });

  it('a sound that starts late starts late, and is not preceded by silence', async () => {
    const [picture, sound] = [
      await folder.make('picture.mp4', ...testPicture(3), ...H264),
      await folder.make('sound.mp4', ...testSound(2), '-c:a', 'aac'),
    ];
    const late = await folder.make('latesound.mp4', '-i', picture, '-itsoffset', '1', '-i', sound, '-c', 'copy');
    const { chunks } = await hear(late);
    expect(Math.abs((chunks[0]?.captureMs ?? 0) - 1000)).toBeLessThan(60);
  });

  it.each(['mp4', 'ts', 'webm'])('a flash and a beep at 1.0 s are found together (%s)', async (container) => {
    const codecs = container === 'webm' ? ['-c:v', 'libvpx', '-deadline', 'realtime'] : H264;
    const clip = await folder.make(
      `flash.${container}`,
      ...['-f', 'lavfi', '-i', "color=black:s=160x120:r=25:d=2,geq=lum='if(gte(T,1),235,16)':cb=128:cr=128"],
      ...['-f', 'lavfi', '-i', "aevalsrc='if(gte(t,1),sin(2*PI*440*t),0)':d=2:s=48000"],
      ...codecs,
    );
    const { chunks, frames } = await hear(clip, { framesPerSecond: 25 });
    const flashMs = frames.find(({ data }) => (data[0] ?? 0) > 128)?.captureMs ?? NaN;
    const beep = chunks.find(({ samples }) => samples.some((sample) => Math.abs(sample) > 0.3));
    const beepMs = (beep?.captureMs ?? NaN) + (beep?.samples.findIndex((sample) => Math.abs(sample) > 0.3) ?? NaN) / 16;
    expect(Math.abs(flashMs - 1000)).toBeLessThan(60);
    expect(Math.abs(flashMs - beepMs)).toBeLessThan(60);
  });

  it('a gap in the picture stays a gap: nothing is repeated over it', async () => {
    const gap = await folder.make(
      'gap.mkv',
      ...testPicture(4),
      ...['-vf', "select='lt(t,1)+gte(t,3)'", '-vsync', 'vfr', ...H264],
    );
    const times = (await hear(gap)).frames.map(({ captureMs }) => captureMs);
    expect(times.filter((ms) => ms < 1000)).toHaveLength(5);
    expect(times.filter((ms) => ms >= 1000 && ms < 3000)).toEqual([]);
    expect(times.filter((ms) => ms >= 3000)).toHaveLength(5);
  });
});

describe('one modality', () => {
  it('sound alone', async () => {
    const { events, chunks, frames } = await hear(await folder.make('sound.wav', ...testSound(1)));
    expect(events.slice(0, 2)).toEqual([
      { kind: 'track', modality: 'voice', state: 'live' },
      { kind: 'track', modality: 'face', state: 'off' },
    ]);
    expect([soundEndMs(chunks), frames.length]).toEqual([1000, 0]);
  });

  it('picture alone', async () => {
    const { events, chunks, frames } = await hear(await folder.make('picture.mp4', ...testPicture(1), ...H264));
    expect(events[0]).toEqual({ kind: 'track', modality: 'voice', state: 'off' });
    expect([chunks.length, frames.length]).toEqual([0, 5]);
  });

  it("a song's cover is no face", async () => {
    const cover = await folder.make('cover.png', ...testPicture(1, { rate: 1 }), '-frames:v', '1');
    const song = await folder.make(
      'song.mp3',
      ...[...testSound(1), '-i', cover, '-map', '0:a', '-map', '1:v', '-c:v', 'png', '-disposition:v', 'attached_pic'],
    );
    expect((await hear(song)).frames).toEqual([]);
  });
});

describe('pictures', () => {
  it('are turned as the file says', async () => {
    const path = await folder.make('turned.mp4', ...testPicture(1), ...H264);
    const file = readFileSync(path);
    // ISO 14496-12: the matrix lies 40 bytes after the name of a version 0 `tkhd`; a quarter turn is [0 1; -1 0].
    const matrix = file.indexOf('tkhd') + 4 + 40;
    [0, 0x10000, 0, -0x10000, 0].forEach((value, index) => file.writeInt32BE(value, matrix + 4 * index));
    writeFileSync(path, file);
    const [frame] = (await hear(path)).frames;
    expect([frame?.width, frame?.height]).toEqual([120, 160]);
  });

  it.each([
    ['2560x1440', 1280, 720],
    ['161x121', 160, 120],
    ['640x2000', 408, 1280],
  ])('of %s become %i x %i', async (size, width, height) => {
    const path = await folder.make('sized.avi', ...testPicture(0.2, { size, rate: 5 }), '-c:v', 'mjpeg');
    const [frame] = (await hear(path)).frames;
    expect([frame?.width, frame?.height]).toEqual([width, height]);
  });

  it('with pixels that are not square are made square', async () => {
    const path = await folder.make('wide.mp4', ...testPicture(0.2), '-vf', 'setsar=2', ...H264);
    const [frame] = (await hear(path)).frames;
    expect([frame?.width, frame?.height]).toEqual([320, 120]);
  });

  it('in full range come in video range', async () => {
    const white = ['-f', 'lavfi', '-i', 'color=white:s=64x64:r=5:d=0.4'];
    const path = await folder.make('full.avi', ...white, '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '1');
    const [frame] = (await hear(path)).frames;
    expect(Math.abs((frame?.data[0] ?? 0) - 235)).toBeLessThanOrEqual(2);
  });

  it('keep their size when the file changes it half-way', async () => {
    const parts = [
      await folder.make('small.ts', ...testPicture(1), ...H264),
      await folder.make('large.ts', ...testPicture(1, { size: '320x240' }), ...H264),
    ];
    const path = join(folder.path, 'changing.ts');
    writeFileSync(path, Buffer.concat(parts.map((part) => readFileSync(part))));
    const { frames } = await hear(path);
    expect(frames.length).toBeGreaterThan(7);
    expect(new Set(frames.map(({ width, height }) => `${width}x${height}`))).toEqual(new Set(['160x120']));
  });
});

describe('sound', () => {
  it('of any rate and number of channels becomes 16 kHz mono, without NaN and within [-1, 1]', async () => {
    const path = join(folder.path, 'odd.wav');
    writeFileSync(path, floatWav(11_025, 2, [NaN, Infinity, -Infinity, 7, -7, 0.5]));
    const { chunks } = await hear(path);
    expect(soundEndMs(chunks)).toBeGreaterThan(0);
    for (const { samples } of chunks) expect(samples.every((sample) => Math.abs(sample) <= 1)).toBe(true);
  });

  it('that is the same in both channels keeps its level', async () => {
    const path = join(folder.path, 'both.wav');
    writeFileSync(path, floatWav(16_000, 2, [0.5]));
    const { chunks } = await hear(path);
    const samples = chunks.flatMap((chunk) => [...chunk.samples]);
    expect(Math.max(...samples)).toBeCloseTo(0.5, 2);
    expect(Math.min(...samples)).toBeCloseTo(0.5, 2);
  });
});

describe('what cannot be read', () => {
  const refused = (target: string, options = {}) =>
    hear(target, options).then(
      () => 'was read',
      (error: unknown) => {
        const { code, message } = asUndertoneError(error);
        return `${code}: ${message}`;
      },
    );

  it('text, pictures and folders are not media', async () => {
    const text = join(folder.path, 'notes.txt');
    writeFileSync(text, 'Dear diary,\n'.repeat(200));
    const picture = await folder.make('one.png', ...testPicture(1, { rate: 1 }), '-frames:v', '1');
    for (const path of [text, picture, folder.path]) {
      const message = await refused(path);
      expect(message).toMatch(/^not-media: /);
      expect(message).toContain(path);
    }
  });

  it('a missing, a truncated and an empty file', async () => {
    expect(await refused(join(folder.path, 'nowhere.mp4'))).toMatch(/^bad-media: .*no such file/);
    const cut = join(folder.path, 'cut.mp4');
    writeFileSync(cut, readFileSync(both).subarray(0, 2000));
    expect(await refused(cut)).toMatch(/^bad-media: .*cut off or damaged/);
    writeFileSync(cut, '');
    expect(await refused(cut)).toMatch(/^(bad|not)-media: /);
  });

  it('neither sound nor picture', async () => {
    const path = join(folder.path, 'words.srt');
    writeFileSync(path, '1\n00:00:00,000 --> 00:00:01,000\nHello\n');
    expect(await refused(path)).toMatch(/^bad-media: .*neither sound nor picture/);
  });

  it('pictures of 0 pixels, and of more than 8192', async () => {
    const path = await folder.make('size.avi', ...testPicture(0.2), '-c:v', 'rawvideo');
    const file = readFileSync(path);
    // BITMAPINFOHEADER: 40 bytes, then width and height.
    const format = file.indexOf('strf') + 8;
    for (const [width, said] of [
      [0, 'has pictures of 0 x '],
      [9000, 'has pictures of 9000 x 120'],
    ] as const) {
      file.writeInt32LE(width, format + 4);
      writeFileSync(path, file);
      const message = await refused(path);
      expect(message).toMatch(/^bad-media: /);
      expect(message).toContain(said);
    }
  });

  it('anything, without ffmpeg: the package is named', async () => {
    for (const ffmpeg of ['/nowhere/ffmpeg', 'no-such-ffmpeg/ffmpeg'])
      expect(await refused(both, { ffmpeg })).toMatch(/^setup-missing: .*package ffmpeg/);
    expect(await refused('rtmp://127.0.0.1:1/x', { ffmpeg: '/nowhere/ffmpeg', attempts: 1 })).toMatch(/^setup-missing/);
  });

  it('a stream that nobody sends, without its password in the message', async () => {
    for (const url of ['rtmp://user:hunter2@127.0.0.1:1/live/x', 'http://user:hunter2@127.0.0.1:1/x?key=hunter2']) {
      const message = await refused(url, { attempts: 2, backoffMs: 1 });
      expect(message).toMatch(/^bad-media: .*127\.0\.0\.1:1.*refused/);
      expect(message).not.toContain('hunter2');
    }
  });
});

describe('holding back', () => {
  it('never gives more than was asked for, and in the end everything', async () => {
    const path = await folder.make('long.mp4', ...testPicture(20), ...testSound(20), ...H264);
    let granted = 0;
    let received = 0;
    let grant: (() => void) | null = null;
    const ready = () => (received < granted ? Promise.resolve() : new Promise<void>((done) => (grant = done)));
    const done = new Promise<void>((complete, error) => {
      mediaFile(path, { ready, framesPerSecond: 25 }).events.subscribe({
        next: () => {
          received++;
          expect(received).toBeLessThanOrEqual(granted);
        },
        complete,
        error,
      });
    });
    granted = 20;
    await vi.waitFor(() => {
      expect(received).toBe(20);
    }, PATIENCE);
    // 9 MB of pictures wait behind a pipe of a quarter of a megabyte: ffmpeg is held back, not read ahead.
    expect(ownFfmpegs()).toHaveLength(2);
    granted = Infinity;
    (grant as (() => void) | null)?.();
    await done;
    // Two tracks, 500 pictures, 20 s of sound and what AAC pads it with.
    expect(received - 2 - 500 - 200).toBeLessThanOrEqual(1);
    expect(received - 2 - 500 - 200).toBeGreaterThanOrEqual(0);
    expect(ownFfmpegs()).toEqual([]);
  });

  it('ends the processes when nobody listens any more, also before they have begun', async () => {
    const path = await folder.make('long.mp4', ...testPicture(20), ...testSound(20), ...H264);
    let asked = 0;
    const ready = () => (asked++ < 5 ? Promise.resolve() : new Promise<void>(() => undefined));
    const never = mediaFile(path, { ready }).events.subscribe();
    await vi.waitFor(() => {
      expect(ownFfmpegs().length).toBeGreaterThan(0);
    }, PATIENCE);
    never.unsubscribe();
    mediaFile(path).events.subscribe().unsubscribe();
    mediaFile(path).events.pipe(take(5)).subscribe();
    await vi.waitFor(() => {
      expect(ownFfmpegs()).toEqual([]);
    }, PATIENCE);
  });
});

describe('what a playlist may open', () => {
  let server: Server;
  let origin = '';
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const path = join(folder.path, new URL(request.url ?? '/', 'http://x').pathname);
      try {
        response.end(readFileSync(path));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('reads HLS over HTTP', async () => {
    await folder.make('hls.m3u8', '-i', both, '-c', 'copy', '-hls_time', '1', '-hls_playlist_type', 'vod');
    const { chunks, frames } = await hear(`${origin}/hls.m3u8`);
    expect(Math.abs(soundEndMs(chunks) - 3000)).toBeLessThan(100);
    expect(frames).toHaveLength(15);
  });

  it('a playlist on disk reaches nothing on the network', async () => {
    const playlist = join(folder.path, 'out.m3u8');
    writeFileSync(playlist, `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${origin}/secret.ts\n#EXT-X-ENDLIST\n`);
    asked.length = 0;
    await expect(hear(playlist)).rejects.toMatchObject({ code: 'bad-media' });
    expect(asked).toEqual([]);
  });

  it('a playlist on the network reaches nothing on disk', async () => {
    const segment = await folder.make('private.ts', ...testPicture(2), ...H264);
    const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:9', '#EXTINF:9,', `file://${segment}`, '#EXT-X-ENDLIST', ''];
    writeFileSync(join(folder.path, 'in.m3u8'), lines.join('\n'));
    await expect(hear(`${origin}/in.m3u8`)).rejects.toMatchObject({ code: 'bad-media' });
  });
});

function floatWav(rate: number, channels: number, pattern: readonly number[]): Buffer {
  const samples = Float32Array.from({ length: rate * channels }, (_, index) => pattern[index % pattern.length] ?? 0);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(3, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 4, 28);
  header.writeUInt16LE(channels * 4, 32);
  header.writeUInt16LE(32, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}
