import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UndertoneError } from '../../../src/errors.ts';
import { decodePng } from '../../../src/io/corpus/png.ts';
import { flatPng, PNG_CHANNELS, pngOf, type PngSource } from '../../fixtures/corpus.ts';
import { astronautRgb } from '../../fixtures/pictures.ts';
import { execFileSync } from 'node:child_process';

const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    colour: fc.constantFrom(0, 2, 3, 4, 6),
    filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }),
    palette: fc.uint8Array({ minLength: 768, maxLength: 768 }),
    noise: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
  })
  .map(({ noise, palette, ...rest }): PngSource => {
    const length = rest.width * rest.height * (PNG_CHANNELS[rest.colour] ?? 1);
    return { ...rest, bytes: Uint8Array.from(noise.take(length)), ...(rest.colour === 3 && { palette }) };
  });

/** Luma of a pixel, by BT.601. */
function expected({ colour, bytes, palette }: PngSource, pixel: number): number {
  const from = pixel * (PNG_CHANNELS[colour] ?? 1);
  const [source, at] = palette === undefined ? [bytes, from] : [palette, (bytes[from] ?? 0) * 3];
  const [r = 0, g = 0, b = 0] = source.subarray(at, at + 3);
  return (colour === 0 || colour === 4 ? r : 0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

describe('a PNG of 8 bits a channel', () => {
  it('gives the luma of each pixel, whatever its colours and filters', () => {
    fc.assert(
      fc.property(picture, (noun) => {
        const { width, height, pixels } = decodePng(pngOf(noun), 'a.png') ?? {};
        expect([width, height]).toEqual([noun.width, noun.height]);
        for (const [at, pixel] of (pixels ?? []).entries()) expect(pixel).toBeCloseTo(expected(noun, at), 6);
        expect(pixels).toHaveLength(noun.width * noun.height);
      }),
    );
  });

  it('cut or bent anywhere is an error, or left to ffmpeg', () => {
    const png = flatPng(100, { width: 8, height: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 8, max: png.length - 1 }), fc.boolean(), (at, isCut) => {
        const bent = Buffer.from(isCut ? png.subarray(0, at) : png);
        if (!isCut) bent[at] = (bent[at] ?? 0) ^ 0x10;
        expect(() => decodePng(bent, 'a.png')).toThrow(UndertoneError);
        expect(() => decodePng(bent, 'a.png')).toThrow(/^a\.png is a damaged PNG \(.*\): copy/);
      }),
    );
  });

  it('of ffmpeg is the picture that ffmpeg shows', () => {
    const rgb = astronautRgb('crop=64:48:224:113');
    const args = ['-v', 'error', '-i', 'test/fixtures/faces/astronaut.png', '-vf', 'crop=64:48:224:113'];
    const png = execFileSync('ffmpeg', [...args, '-pix_fmt', 'rgb24', '-c:v', 'png', '-f', 'image2pipe', '-']);
    const { pixels } = decodePng(png, 'a.png') ?? {};
    const worst = pixels?.reduce((most, pixel, at) => {
      const [r = 0, g = 0, b = 0] = rgb.subarray(at * 3, at * 3 + 3);
      return Math.max(most, Math.abs(pixel - (0.299 * r + 0.587 * g + 0.114 * b) / 255));
    }, 0);
    expect(worst).toBeLessThan(1e-6);
  });
});

it('refuses pictures of no pixels or too many, before it takes memory for them', () => {
  for (const [width, height] of [
    [0, 4],
    [4, 9000],
  ] as const)
    expect(() =>
      decodePng(pngOf({ width, height, colour: 0, bytes: new Uint8Array(), filters: [0] }), 'a.png'),
    ).toThrow(`a.png has ${width} x ${height} pixels: each side must have 1 to 8192`);
});

it('leaves what is no PNG to others', () => {
  expect(decodePng(Buffer.from('GIF89a'), 'a.gif')).toBeNull();
});
