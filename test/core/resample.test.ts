import fc from 'fast-check';
import { expect, it } from 'vitest';
import { areaResample } from '../../src/core/resample.ts';

const side = fc.integer({ min: 1, max: 20 });
const size = fc.record({ width: side, height: side });
const mean = (pixels: Float32Array): number => pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;

it('keeps the mean and the range, whatever the sizes', () => {
  fc.assert(
    fc.property(size, size, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (from, to, values) => {
      const pixels = Float32Array.from(values.take(from.width * from.height));
      const out = areaResample(pixels, from, to);
      expect(out).toHaveLength(to.width * to.height);
      expect(mean(out)).toBeCloseTo(mean(pixels), 5);
      expect(Math.min(...out)).toBeGreaterThanOrEqual(Math.min(...pixels) - 1e-6);
      expect(Math.max(...out)).toBeLessThanOrEqual(Math.max(...pixels) + 1e-6);
    }),
  );
});

it('gives back a picture that has the size already', () => {
  const pixels = Float32Array.of(0.25, 0.5, 0.75, 1, 0, 0.125);
  expect(areaResample(pixels, { width: 3, height: 2 }, { width: 3, height: 2 })).toEqual(pixels);
});

it('averages what a pixel covers, in parts where it covers a part', () => {
  const row = Float32Array.of(0, 0.3, 0.9);
  const out = areaResample(row, { width: 3, height: 1 }, { width: 2, height: 1 });
  expect([...out].map((value) => Number(value.toFixed(6)))).toEqual([0.1, 0.7]);
});
