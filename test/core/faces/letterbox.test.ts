import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DETECTOR_SIZE, letterbox } from '../../../src/core/faces/letterbox.ts';
import type { VideoFrame } from '../../../src/domain.ts';

const side = fc.integer({ min: 1, max: 700 });

describe('letterbox', () => {
  it('keeps a picture of one colour, whatever the size of the frame', () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const pixels = blank();
        const place = letterbox(plain(width, height, [76, 85, 255]), pixels);
        const centre = at(
          pixels,
          place.offsetX + (width * place.scale) / 2,
          place.offsetY + (height * place.scale) / 2,
        );
        // Full-range BT.601 of pure red is (76, 85, 255).
        expect(centre.map((value) => Math.round(value * 20) / 20)).toEqual([1, -1, -1]);
      }),
    );
  });

  it('fits the frame whole, in the middle, never enlarged', () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const { scale, offsetX, offsetY } = letterbox(plain(width, height, [235, 128, 128]), blank());
        expect(scale).toBe(Math.min(1, DETECTOR_SIZE / Math.max(width, height)));
        expect(Math.abs(offsetX * 2 + width * scale - DETECTOR_SIZE)).toBeLessThan(2);
        expect(Math.abs(offsetY * 2 + height * scale - DETECTOR_SIZE)).toBeLessThan(2);
      }),
    );
  });

  it('leaves black around the frame, also in a buffer that was used before', () => {
    const pixels = blank().fill(0.5);
    letterbox(plain(640, 320, [235, 128, 128]), pixels);
    expect(at(pixels, 128, 63)).toEqual([-1, -1, -1]);
    expect(at(pixels, 128, 64)[0]).toBeCloseTo(235 / 127.5 - 1, 5);
    expect(at(pixels, 128, 192)).toEqual([-1, -1, -1]);
  });

  it('stretches the video range and keeps the full range', () => {
    const pixels = blank();
    for (const [y, fullRange, expected] of [
      [16, false, -1],
      [235, false, 1],
      [0, true, -1],
      [255, true, 1],
      [255, false, 1],
      [16, true, 16 / 127.5 - 1],
    ] as const) {
      letterbox({ ...plain(256, 256, [y, 128, 128]), fullRange }, pixels);
      expect(at(pixels, 100, 100)[0]).toBeCloseTo(expected, 5);
    }
  });

  it('averages what it shrinks: fine stripes turn grey', () => {
    for (const [width, height] of [
      [640, 480],
      [512, 512],
      [1280, 720],
    ] as const) {
      const frame = plain(width, height, [0, 128, 128]);
      for (let i = 0; i < width * height; i++) frame.data[i] = (i % width) & 1 ? 255 : 0;
      const pixels = blank();
      letterbox(frame, pixels);
      for (let x = 10; x < 246; x++) expect(Math.abs(at(pixels, x, 128)[0] ?? NaN)).toBeLessThan(0.1);
    }
  });

  it('puts a point where it says', () => {
    const frame = plain(640, 480, [0, 128, 128]);
    for (let y = 400; y < 420; y++) frame.data.fill(255, y * 640 + 500, y * 640 + 520);
    const pixels = blank();
    const { scale, offsetX, offsetY } = letterbox(frame, pixels);
    expect(at(pixels, 510 * scale + offsetX, 410 * scale + offsetY)[0]).toBeCloseTo(1, 1);
    expect(at(pixels, 490 * scale + offsetX, 410 * scale + offsetY)[0]).toBe(-1);
    expect(at(pixels, 530 * scale + offsetX, 410 * scale + offsetY)[0]).toBe(-1);
  });

  it('refuses a frame without pixels, or with fewer bytes than its size needs', () => {
    for (const [width, height] of [
      [0, 480],
      [640, 0],
      [NaN, 480],
      [-4, -4],
    ] as const) {
      const frame = { ...plain(2, 2, [0, 0, 0]), width, height };
      expect(() => letterbox(frame, blank())).toThrow(expect.objectContaining({ code: 'bad-media' }));
    }
    const short = { ...plain(640, 480, [0, 0, 0]), data: new Uint8Array(640 * 480) };
    expect(() => letterbox(short, blank())).toThrow(/640 x 480 pixels with 307200 bytes/);
  });
});

function blank(): Float32Array {
  return new Float32Array(DETECTOR_SIZE * DETECTOR_SIZE * 3);
}

function at(pixels: Float32Array, x: number, y: number): number[] {
  const offset = (Math.floor(y) * DETECTOR_SIZE + Math.floor(x)) * 3;
  return [...pixels.subarray(offset, offset + 3)];
}

/** A full-range frame of one colour, given as Y, U and V. */
function plain(width: number, height: number, [y, u, v]: readonly [number, number, number]): VideoFrame {
  const luma = width * height;
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  const data = new Uint8Array(luma + 2 * chroma).fill(y);
  data.fill(u, luma, luma + chroma).fill(v, luma + chroma);
  return { width, height, data, fullRange: true, captureMs: 0 };
}
