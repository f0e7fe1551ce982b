import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignFace, CROP_SIZE, cropSquare } from '../../../src/core/faces/align.ts';
import type { FaceKeyPoints, Point, VideoFrame } from '../../../src/domain.ts';

/** A face seen from the front, `scale` pixels of the frame to a pixel of the crop, turned about its eyes' middle. */
function face(scale: number, { x, y }: Point, rollRad = 0): FaceKeyPoints {
  const place = (right: number, down: number): Point => ({
    x: x + scale * (right * Math.cos(rollRad) - down * Math.sin(rollRad)),
    y: y + scale * (right * Math.sin(rollRad) + down * Math.cos(rollRad)),
  });
  return {
    rightEye: place(-8.75, 0),
    leftEye: place(8.75, 0),
    nose: place(0, 10),
    mouth: place(0, 19),
    rightEar: place(-17, 4),
    leftEar: place(17, 4),
  };
}

/** Grey by position, smooth and different everywhere. */
function pattern(width: number, height: number, grey: (x: number, y: number) => number): VideoFrame {
  const data = new Uint8Array(width * height * 1.5).fill(128);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = Math.round(255 * grey(x + 0.5, y + 0.5));
  }
  return { width, height, data, fullRange: true, captureMs: 0 };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0);
}

describe('alignFace', () => {
  it('puts the eyes where the face network learned to see them', () => {
    const keyPoints = face(3, { x: 200, y: 150 }, 0.3);
    const dot =
      ({ x, y }: Point) =>
      (px: number, py: number) =>
        Math.exp(-((px - x) ** 2 + (py - y) ** 2) / 40);
    for (const [point, x, y] of [
      [keyPoints.rightEye, 24 - 8.75, 18.9],
      [keyPoints.leftEye, 24 + 8.75, 18.9],
      [keyPoints.mouth, 24, 18.9 + 19],
    ] as const) {
      const crop = alignFace(pattern(400, 400, dot(point)), keyPoints);
      const brightest = crop.indexOf(Math.max(...crop));
      expect(Math.abs((brightest % CROP_SIZE) + 0.5 - x)).toBeLessThanOrEqual(1);
      expect(Math.abs(Math.floor(brightest / CROP_SIZE) + 0.5 - y)).toBeLessThanOrEqual(1);
    }
  });

  it('gives the same crop wherever the face is, however it is tilted and however large it is', () => {
    const place = fc.record({
      x: fc.double({ min: 200, max: 300, noNaN: true }),
      y: fc.double({ min: 180, max: 280, noNaN: true }),
      roll: fc.double({ min: -0.8, max: 0.8, noNaN: true }),
      scale: fc.double({ min: 1, max: 4.5, noNaN: true }),
    });
    const drawn = ({ x, y, roll, scale }: { x: number; y: number; roll: number; scale: number }): Float32Array => {
      const frame = pattern(500, 500, (px, py) => {
        const right = ((px - x) * Math.cos(roll) + (py - y) * Math.sin(roll)) / scale;
        const down = ((py - y) * Math.cos(roll) - (px - x) * Math.sin(roll)) / scale;
        return 0.5 + 0.25 * Math.sin(right / 4) + 0.25 * Math.cos(down / 5);
      });
      return alignFace(frame, face(scale, { x, y }, roll));
    };
    const reference = drawn({ x: 250, y: 230, roll: 0, scale: 2 });
    fc.assert(
      fc.property(place, (placed) => {
        expect(largestDifference(drawn(placed), reference)).toBeLessThan(0.03);
      }),
      { numRuns: 15 },
    );
  });

  it('averages what it shrinks: a fine chequerboard turns grey', () => {
    const frame = pattern(600, 600, (x, y) => (Math.floor(x) + Math.floor(y)) % 2);
    for (const scale of [3, 4, 5]) {
      const crop = alignFace(frame, face(scale, { x: 300, y: 250 }));
      expect(Math.min(...crop)).toBeGreaterThan(0.35);
      expect(Math.max(...crop)).toBeLessThan(0.65);
    }
  });

  it('stretches the video range to 0..1', () => {
    for (const [luma, grey] of [
      [16, 0],
      [235, 1],
      [0, 0],
      [255, 1],
    ] as const) {
      const frame = { ...pattern(200, 200, () => luma / 255), fullRange: false };
      expect(new Set(alignFace(frame, face(2, { x: 100, y: 100 })))).toEqual(new Set([grey]));
    }
  });

  it('repeats the edge of the frame, and gives numbers for any key points', () => {
    const frame = pattern(64, 64, () => 0.6);
    fc.assert(
      fc.property(
        fc.double({ min: -500, max: 500, noNaN: true }),
        fc.double({ min: 0, max: 30, noNaN: true }),
        (x, s) => {
          const crop = alignFace(frame, face(s, { x, y: -x }));
          expect(crop).toHaveLength(CROP_SIZE ** 2);
          expect(crop.every((grey) => Math.abs(grey - 0.6) < 1e-5)).toBe(true);
        },
      ),
    );
  });
});

describe('cropSquare', () => {
  it('keeps the face whole when turning or nodding brings its points together', () => {
    const front = face(3, { x: 200, y: 150 });
    const width = Math.hypot(cropSquare(front).right.x, cropSquare(front).right.y);
    expect(width).toBeCloseTo(3, 10);
    const turned = { ...front, rightEye: { x: 190, y: 150 }, leftEye: { x: 210, y: 150 } };
    expect(cropSquare(turned).right.x).toBeCloseTo(3, 10);
    const nodding = { ...front, mouth: { x: 200, y: 175 } };
    expect(cropSquare(nodding).right.x).toBeCloseTo(3, 10);
  });
});
