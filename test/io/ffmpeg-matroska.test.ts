import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asUndertoneError } from '../../src/errors.ts';
import { readMatroska } from '../../src/io/ffmpeg-matroska.ts';
import { testPicture, testSound } from '../fixtures/media.ts';

const muxed: Uint8Array = execFileSync(
  'ffmpeg',
  [
    ...['-nostdin', '-loglevel', 'error', ...testPicture(1, { size: '32x16', rate: 10 }), ...testSound(1)],
    ...[
      '-c:v',
      'rawvideo',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'pcm_f32le',
      '-ar',
      '16000',
      '-ac',
      '1',
      '-f',
      'matroska',
      '-',
    ],
  ],
  { maxBuffer: 8 << 20 },
);

describe('reading ffmpeg’s Matroska', () => {
  it('gives the tracks, and every picture and sample with its time', async () => {
    const items = await read([muxed]);
    expect(items.slice(0, 2)).toEqual([
      { kind: 'track', number: 1, type: 'video', width: 32, height: 16 },
      { kind: 'track', number: 2, type: 'audio', width: 0, height: 0 },
    ]);
    const blocks = items.filter((item) => item.kind === 'block');
    const pictures = blocks.filter(({ track }) => track === 1);
    expect(pictures.map(({ ms }) => ms)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    expect(pictures.every(({ data }) => data.length === 32 * 16 * 1.5)).toBe(true);
    const samples = blocks.filter(({ track }) => track === 2).reduce((sum, { data }) => sum + data.length / 4, 0);
    expect(samples).toBe(16_000);
  });

  it('does not depend on how the bytes were cut', async () => {
    const whole = await read([muxed]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: muxed.length }), { maxLength: 40 }), async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), muxed.length];
        const pieces = edges.slice(1).map((edge, index) => muxed.subarray(edges[index], edge));
        expect(await read(pieces)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('of bytes that are something else says so, and holds no more memory than one picture', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (noise) => {
        const ended = await read([noise]).then(
          () => 'nothing found',
          (error: unknown) => asUndertoneError(error).code,
        );
        expect(['nothing found', 'bad-media']).toContain(ended);
      }),
    );
  });

  it('of a stream that breaks off in a picture says so', async () => {
    await expect(read([muxed.subarray(0, muxed.length / 2)])).rejects.toMatchObject({ code: 'bad-media' });
  });
});

async function read(pieces: readonly Uint8Array[]) {
  const bytes = (async function* () {
    await Promise.resolve();
    yield* pieces;
  })();
  const items = [];
  for await (const item of readMatroska(bytes)) items.push(item);
  return items;
}
