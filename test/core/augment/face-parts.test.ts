import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantiseBlocks } from '../../../src/core/augment/face/blocks.ts';
import { lightFace } from '../../../src/core/augment/face/light.ts';
import { occludeFace } from '../../../src/core/augment/face/occlusion.ts';
import { blurFace, coarsenFace } from '../../../src/core/augment/face/optics.ts';
import { warpFace } from '../../../src/core/augment/face/warp.ts';
import { randomStream } from '../../../src/core/random.ts';
import { meanSquaredDifference, picture, pictures, SIDE, variance } from './pictures.ts';

const still = { mirror: false, rotationRad: 0, zoom: 1, aspect: 1, shiftX: 0, shiftY: 0 };
const daylight = { gamma: 1, gain: 1, offset: 0, gradientX: 0, gradientY: 0 };
const warped = (pixels: Float32Array, warp: Partial<typeof still>): Float32Array => {
  const out = new Float32Array(SIDE * SIDE);
  warpFace(pixels, { ...still, ...warp }, out);
  return out;
};
const lit = (pixels: Float32Array, light: Partial<typeof daylight>): Float32Array => {
  const out = pixels.slice();
  lightFace(out, { ...daylight, ...light });
  return out;
};
const at = (pixels: Float32Array, x: number, y: number): number => pixels[y * SIDE + x] ?? NaN;
/** A bright spot, three pixels wide. */
const spot = (cx: number, cy: number): Float32Array =>
  picture((x, y) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 4.5));
/** Grey of a flat picture stays, whatever a filter does at its edges. */
const flat = picture(() => 0.3);

describe('warp', () => {
  test('a whole turn and no warp at all change nothing', () => {
    fc.assert(
      fc.property(pictures, (pixels) => {
        expect(warped(pixels, {})).toEqual(pixels);
        expect(meanSquaredDifference(warped(pixels, { rotationRad: 2 * Math.PI }), pixels)).toBeLessThan(1e-9);
      }),
      { numRuns: 10 },
    );
  });

  test('a flat picture stays flat', () => {
    expect(warped(flat, { rotationRad: 1, zoom: 0.5, aspect: 2, shiftX: 20 })).toEqual(flat);
  });

  test('a spot goes right and down with the shift, and clockwise with the rotation', () => {
    expect(at(warped(spot(20, 20), { shiftX: 6, shiftY: 3 }), 26, 23)).toBeCloseTo(1, 5);
    // 12 pixels to the right of the centre; a quarter turn clockwise puts it as far below.
    expect(at(warped(spot(35.5, 23.5), { rotationRad: Math.PI / 2 }), 23, 35)).toBeGreaterThan(0.8);
  });

  test('zoom moves a spot away from the centre, aspect only to the sides', () => {
    expect(at(warped(spot(33.5, 23.5), { zoom: 1.5 }), 38, 23)).toBeGreaterThan(0.8);
    expect(at(warped(spot(33.5, 23.5), { aspect: 2.25 }), 38, 23)).toBeGreaterThan(0.8);
    expect(at(warped(spot(23.5, 38.5), { aspect: 2.25 }), 23, 33)).toBeGreaterThan(0.8);
  });
});

describe('light', () => {
  test('daylight changes nothing; a brighter pixel stays the brighter one', () => {
    fc.assert(
      fc.property(pictures, fc.double({ min: 0.4, max: 2.5, noNaN: true }), (pixels, gamma) => {
        expect(lit(pixels, {})).toEqual(pixels);
        const bent = lit(pixels, { gamma, gain: 0.8 });
        for (let i = 1; i < 200; i++) {
          const [a = 0, b = 0] = pixels.subarray(i - 1, i + 1);
          const [c = 0, d = 0] = bent.subarray(i - 1, i + 1);
          if (a < b) expect(c).toBeLessThanOrEqual(d);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('gamma is the power of the grey value to a quarter of a grey level', () => {
    const ramp = picture((x, y) => (y * SIDE + x) / (SIDE * SIDE));
    lit(ramp, { gamma: 1.7 }).forEach((grey, i) => {
      expect(Math.abs(grey - (ramp[i] ?? 0) ** 1.7)).toBeLessThan(0.001);
    });
  });

  test('gain is about the middle, offset adds, the gradient is 0 in the middle', () => {
    expect(at(lit(flat, { gain: 1.5 }), 5, 5)).toBeCloseTo(0.2, 5);
    expect(at(lit(flat, { offset: 0.25 }), 5, 5)).toBeCloseTo(0.55, 5);
    const side = lit(flat, { gradientX: 0.2 });
    expect([at(side, 0, 9), at(side, SIDE - 1, 9)].map((x) => x.toFixed(4))).toEqual(['0.1000', '0.5000']);
    const above = lit(flat, { gradientY: -0.2 });
    expect([at(above, 9, 0), at(above, 9, SIDE - 1)].map((x) => x.toFixed(4))).toEqual(['0.5000', '0.1000']);
  });
});

describe('optics', () => {
  const blurred = (pixels: Float32Array, sigma: number): Float32Array => {
    const out = pixels.slice();
    blurFace(out, sigma);
    return out;
  };
  const coarsened = (pixels: Float32Array, side: number): Float32Array => {
    const out = pixels.slice();
    coarsenFace(out, side);
    return out;
  };

  test('flat pictures stay, and more blur leaves less variance', () => {
    expect(meanSquaredDifference(blurred(flat, 1), flat)).toBeLessThan(1e-12);
    expect(meanSquaredDifference(coarsened(flat, 17), flat)).toBeLessThan(1e-12);
    fc.assert(
      fc.property(pictures, (pixels) => {
        const bySigma = [0.2, 0.5, 1, 2].map((sigma) => variance(blurred(pixels, sigma)));
        expect(bySigma).toEqual(bySigma.toSorted((a, b) => b - a));
        const bySide = [48, 36, 24, 12].map((side) => variance(coarsened(pixels, side)));
        expect(bySide).toEqual(bySide.toSorted((a, b) => b - a));
      }),
      { numRuns: 10 },
    );
  });

  test('48 pixels are all pixels', () => {
    const pixels = picture((x, y) => ((x * 31 + y * 17) % 97) / 97);
    expect(coarsened(pixels, SIDE)).toEqual(pixels);
  });

  test('a point becomes a Gaussian, the same both ways', () => {
    const point = blurred(
      picture((x, y) => (x === 24 && y === 20 ? 1 : 0)),
      1,
    );
    expect(at(point, 24, 20)).toBeCloseTo(1 / (2 * Math.PI), 2);
    expect(at(point, 25, 20) / at(point, 24, 20)).toBeCloseTo(Math.exp(-0.5), 5);
    expect(at(point, 24, 22)).toBeCloseTo(at(point, 26, 20), 7);
  });

  test('half the resolution averages squares of four', () => {
    const stripes = coarsened(
      picture((x) => x % 2),
      24,
    );
    expect(stripes.every((grey) => Math.abs(grey - 0.5) < 1e-6)).toBe(true);
  });
});

describe('blocks', () => {
  test('no pixel moves further than the quantiser lets it', () => {
    fc.assert(
      fc.property(pictures, fc.double({ min: 0.01, max: 0.3, noNaN: true }), (pixels, step) => {
        const out = pixels.slice();
        quantiseBlocks(out, step, 1, 2);
        // Sixteen coefficients, each at most half a quantum off, orthonormal: the root of their squares bounds a pixel.
        const bound = Math.sqrt((step / 2) ** 2 + 15 * (2 * step) ** 2);
        out.forEach((grey, i) => expect(Math.abs(grey - (pixels[i] ?? 0))).toBeLessThanOrEqual(bound + 1e-6));
        expect(out.subarray(0, 2 * SIDE)).toEqual(pixels.subarray(0, 2 * SIDE));
      }),
      { numRuns: 10 },
    );
  });

  test('a coarse step leaves one grey a block', () => {
    const out = picture((x, y) => 0.4 + 0.01 * Math.sin(x + y));
    quantiseBlocks(out, 0.1, 0, 0);
    for (const [x, y] of [
      [0, 0],
      [20, 36],
    ] as const)
      expect([at(out, x + 1, y), at(out, x + 3, y + 3)].map((g) => Math.abs(g - at(out, x, y)) < 1e-6)).toEqual([
        true,
        true,
      ]);
  });
});

test('an occlusion covers a rectangle of the promised area', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.01, max: 0.3, noNaN: true }), (seed, area) => {
      const out = picture(() => NaN);
      occludeFace(out, randomStream(seed), area);
      const covered = Array.from(out.keys()).filter((i) => !Number.isNaN(out[i]));
      const xs = covered.map((i) => i % SIDE);
      const ys = covered.map((i) => Math.floor(i / SIDE));
      const width = Math.max(...xs) - Math.min(...xs) + 1;
      const height = Math.max(...ys) - Math.min(...ys) + 1;
      expect(covered.length).toBe(width * height);
      expect(Math.abs(covered.length - area * SIDE * SIDE)).toBeLessThanOrEqual((width + height) / 2 + 1);
    }),
    { numRuns: 40 },
  );
});
