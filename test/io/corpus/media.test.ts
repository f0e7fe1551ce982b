import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MediaRef } from '../../../src/core/manifest.ts';
import { areaResample } from '../../../src/core/resample.ts';
import { type Corpus, readCorpus } from '../../../src/io/corpus/corpus.ts';
import { type Media, openMedia } from '../../../src/io/corpus/media.ts';
import { corpusFolder, flatPng, pngOf, tarOf } from '../../fixtures/corpus.ts';
import { mediaFolder, ownFfmpegs, testPicture, testSound } from '../../fixtures/media.ts';
import { astronautRgb } from '../../fixtures/pictures.ts';

const folder = corpusFolder();
const made = mediaFolder();
const opened: Media[] = [];
afterAll(async () => {
  await Promise.all(opened.map((media) => media.close()));
  folder.remove();
  made.remove();
});

const FACE = 'crop=120:96:224:113';
const ASTRONAUT = ['-i', 'test/fixtures/faces/astronaut.png', '-vf', FACE, '-frames:v', '1'] as const;

async function corpusOf(media: Readonly<Record<string, string>>): Promise<Corpus> {
  return readCorpus(folder.put('corpus.jsonl', `${JSON.stringify({ id: 'a', media })}\n`));
}

async function open(media: Readonly<Record<string, string>> = {}): Promise<Media> {
  const one = await openMedia(await corpusOf(media));
  opened.push(one);
  return one;
}

/** Make a file by ffmpeg and put it beside the manifest. */
async function put(name: string, ...args: readonly string[]): Promise<MediaRef> {
  folder.put(name, readFileSync(await made.make(name, ...args)));
  return { file: name };
}

const mean = (pixels: Float32Array): number => pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;

describe('a face crop', () => {
  const rgb = astronautRgb(FACE);
  const luma = Float32Array.from({ length: 120 * 96 }, (_, at) => {
    const [r = 0, g = 0, b = 0] = rgb.subarray(at * 3, at * 3 + 3);
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  });
  const expected = areaResample(luma, { width: 120, height: 96 }, { width: 48, height: 48 });
  const worst = (pixels: Float32Array): number =>
    pixels.reduce((most, pixel, at) => Math.max(most, Math.abs(pixel - (expected[at] ?? 0))), 0);

  it.each([
    ['face.png', 1e-5, ['-pix_fmt', 'rgb24']],
    ['alpha.png', 1e-5, ['-pix_fmt', 'rgba']],
    ['grey.png', 0.01, ['-pix_fmt', 'gray']],
    ['deep.png', 0.01, ['-pix_fmt', 'rgb48be']],
    ['palette.png', 0.15, ['-pix_fmt', 'pal8']],
    ['face.bmp', 1e-5, []],
    ['face.jpg', 0.05, ['-q:v', '2']],
    ['face.webp', 0.05, ['-quality', '95']],
  ])('is the same 48 x 48 luma whatever its format (%s)', async (name, tolerance, args) => {
    const media = await open();
    const pixels = await media.image(await put(name, ...ASTRONAUT, ...args));
    expect(pixels).toHaveLength(48 * 48);
    expect(worst(pixels)).toBeLessThan(tolerance);
  });

  it('of 48 x 48 pixels is kept as it is', async () => {
    const bytes = Uint8Array.from({ length: 48 * 48 }, (_, at) => at % 251);
    folder.put('as-is.png', pngOf({ width: 48, height: 48, colour: 0, bytes, filters: [4] }));
    const pixels = await (await open()).image({ file: 'as-is.png' });
    expect(pixels).toEqual(Float32Array.from(bytes, (byte) => byte / 255));
  });

  it('is read from its shard', async () => {
    folder.put('s.tar', tarOf([10, 200].map((grey) => ({ name: `${grey}.png`, content: flatPng(grey) }))));
    const media = await open({ image: 's.tar#10.png' });
    expect(mean(await media.image({ file: 's.tar', member: '200.png' }))).toBeCloseTo(200 / 255, 6);
    expect(mean(await media.image({ file: 's.tar', member: '10.png' }))).toBeCloseTo(10 / 255, 6);
  });
});

describe('sound', () => {
  it.each(['a.opus', 'a.wav', 'a.flac', 'a.mp3', 'a.m4a', 'a.webm'])(
    'of any format is 16 kHz mono (%s)',
    async (name) => {
      const media = await open();
      const samples = await media.audio(await put(name, ...testSound(1)));
      expect(Math.abs(samples.length - 16_000)).toBeLessThan(1500);
      // A tone of 440 Hz crosses zero 880 times a second; coders pad the ends.
      const middle = samples.subarray(4000, 12_000);
      const crossings = middle.reduce(
        (count, sample, at) => count + Number(sample > 0 !== (middle[at - 1] ?? 0) > 0),
        0,
      );
      expect(Math.abs(crossings - 440)).toBeLessThan(4);
    },
  );

  it('of two channels is their mean, and never louder than either', async () => {
    const loud = ['-f', 'lavfi', '-i', 'aevalsrc=0.9*sin(440*2*PI*t)|0.9*sin(440*2*PI*t):d=0.5'] as const;
    const media = await open();
    const samples = await media.audio(await put('loud.wav', ...loud));
    expect(samples.reduce((most, sample) => Math.max(most, sample), 0)).toBeCloseTo(0.9, 2);
  });

  it('that is not a number is silence, and louder than full scale is full scale', async () => {
    const samples = Float32Array.of(NaN, 7, -7, 0.5, Infinity, 0);
    const header = Buffer.alloc(58);
    header.write('RIFF', 0);
    header.writeUInt32LE(50 + samples.byteLength, 4);
    header.write('WAVEfmt ', 8);
    header.set([18, 0, 0, 0, 3, 0, 1, 0], 16);
    header.writeUInt32LE(16_000, 24);
    header.writeUInt32LE(64_000, 28);
    header.set([4, 0, 32, 0, 0, 0], 32);
    header.write('fact', 38);
    header.writeUInt32LE(4, 42);
    header.writeUInt32LE(samples.length, 46);
    header.write('data', 50);
    header.writeUInt32LE(samples.byteLength, 54);
    folder.put('nan.wav', Buffer.concat([header, new Uint8Array(samples.buffer)]));
    expect([...(await (await open()).audio({ file: 'nan.wav' }))]).toEqual([0, 1, -1, 0.5, 1, 0]);
  });

  it('comes out of a shard by way of ffmpeg too, also where the index is at the end', async () => {
    const mp4 = readFileSync(await made.make('end.mp4', ...testPicture(1), ...testSound(1), '-c:a', 'aac'));
    folder.put('v.tar', tarOf([{ name: 'end.mp4', content: mp4 }]));
    const media = await open({ video: 'v.tar#end.mp4' });
    const ref = { file: 'v.tar', member: 'end.mp4' };
    expect(Math.abs((await media.audio(ref)).length - 16_000)).toBeLessThan(1500);
    const frames = await media.frames(ref);
    expect(frames.map(({ captureMs, width, height }) => [captureMs, width, height])).toEqual(
      [0, 200, 400, 600, 800].map((ms) => [ms, 160, 120]),
    );
  });
});

describe('frames', () => {
  it('are no more than asked for, and no process outlives the asking', async () => {
    const media = await open();
    const ref = await put(
      'long.mkv',
      ...testPicture(20, { size: '640x480' }),
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
    );
    expect(await media.frames(ref, { framesPerSecond: 10, maxFrames: 3 })).toHaveLength(3);
    await expect.poll(ownFfmpegs).toEqual([]);
  });
});

describe('what is wrong with one clip is said of that clip', () => {
  it.each([
    ['nowhere.wav', null, /nowhere\.wav is missing: put it beside the manifest/],
    ['empty.wav', '', /empty\.wav is empty/],
    ['text.wav', 'not sound at all', /cannot decode .*text\.wav \(.*\): give it in a format/],
    ['list.m3u8', '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:3,\nfile:/etc/passwd\n#EXT-X-ENDLIST\n', /list\.m3u8/],
    ['cat.ffconcat', 'ffconcat version 1.0\nfile a.wav\n', /cat\.ffconcat/],
  ])('%s', async (file, content, said) => {
    if (content !== null) folder.put(file, content);
    const media = await open();
    const error = { code: 'bad-media', message: expect.stringMatching(said) as unknown };
    await expect(media.audio({ file })).rejects.toMatchObject(error);
    await expect(media.image({ file })).rejects.toMatchObject(error);
    await expect(media.frames({ file })).rejects.toMatchObject(error);
  });

  it('sound of 0 samples, and a picture without sound', async () => {
    const media = await open();
    const silent = await put('silent.wav', ...testSound(1), '-af', 'atrim=end=0');
    await expect(media.audio(silent)).rejects.toThrow(/silent\.wav holds no sound \(0 samples\)/);
    const mute = await put('mute.mp4', ...testPicture(0.2));
    await expect(media.audio(mute)).rejects.toThrow(/mute\.mp4 has nothing of the kind in it/);
    folder.put('folder/in.wav', 'x');
    await expect(media.audio({ file: 'folder' })).rejects.toThrow(/folder is no file/);
  });

  it('a member that its shard has not', async () => {
    folder.put('t.tar', tarOf([{ name: 'a.png', content: flatPng(1) }]));
    const media = await open({ image: 't.tar#a.png' });
    await expect(media.image({ file: 't.tar', member: 'b.png' })).rejects.toThrow(
      /t\.tar#b\.png is missing: its shard/,
    );
    expect(await media.image({ file: 't.tar', member: 'a.png' })).toHaveLength(48 * 48);
  });

  it('ffmpeg that is not there, which Ogg Opus and PNG do not need', async () => {
    const media = await openMedia(await corpusOf({}), { ffmpeg: '/nowhere/ffmpeg' });
    const [wav, opus] = [await put('b.wav', ...testSound(0.1)), await put('b.opus', ...testSound(0.1))];
    await expect(media.audio(wav)).rejects.toMatchObject({ code: 'setup-missing' });
    expect(await media.audio(opus)).toHaveLength(1600);
    await media.close();
  });
});

describe('opening', () => {
  it('fails for a shard that is missing or cut off, unless it is not asked for', async () => {
    const tar = tarOf([{ name: 'a.png', content: flatPng(1) }]);
    folder.put('cut.tar', tar.subarray(0, 550));
    await expect(open({ image: 'cut.tar#a.png' })).rejects.toThrow(/cut\.tar is cut off after byte 0: copy/);
    await expect(open({ image: 'gone.tar#a.png' })).rejects.toThrow(/gone\.tar is missing/);
    const corpus = await corpusOf({ image: 'gone.tar#a.png' });
    const media = await openMedia(corpus, { kinds: ['audio'] });
    await expect(media.image({ file: 'gone.tar', member: 'a.png' })).rejects.toThrow(/not opened/);
    await media.close();
  });

  it('lets a whole corpus be asked for at once, and gives up on it when it is closed', async () => {
    const media = await openMedia(await corpusOf({}), { processes: 2 });
    const wav = await put('c.wav', ...testSound(1));
    const asked = Array.from({ length: 20 }, () => media.audio(wav));
    const outcomes = Promise.allSettled(asked);
    await asked[0];
    expect(ownFfmpegs().length).toBeLessThanOrEqual(2);
    await media.close();
    expect((await outcomes).some(({ status }) => status === 'rejected')).toBe(true);
    await expect.poll(ownFfmpegs).toEqual([]);
  });
});

describe('a manifest', () => {
  it('is named in what is wrong with it', async () => {
    await expect(readCorpus(join(folder.path, 'none.jsonl'))).rejects.toThrow(/none\.jsonl \(ENOENT\): give the path/);
    await expect(readCorpus(folder.put('16.jsonl', Buffer.from('\uFEFF{}', 'utf16le')))).rejects.toThrow('in UTF-8');
    await expect(readCorpus(folder.put('b.jsonl', '{"id":"a"}\n{"id":'))).rejects.toThrow(
      /b\.jsonl, line 2 is not JSON/,
    );
  });
});
