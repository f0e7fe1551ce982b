import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VideoFrame } from '../../../src/domain.ts';
import { pictureRing } from '../../../src/core/evidence/picture-ring.ts';
import { KEPT_SIDE_PX, shrink } from '../../../src/core/evidence/shrink.ts';
import { soundRing } from '../../../src/core/evidence/sound-ring.ts';

const noise = Float32Array.from({ length: 16_000 * 3 }, (_, i) => 0.8 * Math.sin(i * 0.37) * Math.cos(i * 0.011));
const as16 = (samples: Float32Array) => Int16Array.from(samples, (sample) => 32_767 * sample);

/** The whole of `noise` from `startMs` on, in chunks of these sizes over and over. */
function chunks(startMs: number, sizes: readonly number[]) {
  const cut = [];
  for (let at = 0, i = 0; at < noise.length; i++) {
    const size = sizes[i % sizes.length] ?? 320;
    cut.push({ samples: noise.slice(at, at + size), captureMs: startMs + at / 16 });
    at += size;
  }
  return cut;
}

const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 12 });

describe('a ring of sound', () => {
  it('gives the samples of the last stretch, however they were cut into chunks', () => {
    fc.assert(
      fc.property(sizes, fc.nat(2000), fc.integer({ min: 1, max: 900 }), (given, offsetMs, lengthMs) => {
        const ring = soundRing(1000);
        for (const chunk of chunks(1e12, given)) ring.put(chunk);
        const startMs = 1e12 + Math.max(2000, offsetMs);
        const endMs = Math.min(1e12 + 3000, startMs + lengthMs);
        if (endMs <= startMs) return;
        expect(ring.read(startMs, endMs)).toEqual(as16(noise.subarray((startMs - 1e12) * 16, (endMs - 1e12) * 16)));
      }),
      { numRuns: 50 },
    );
  });

  it('is silent where nothing came, and nothing where nothing came at all', () => {
    const ring = soundRing(2000);
    const one = new Float32Array(1600).fill(0.5);
    ring.put({ samples: one, captureMs: 1000 });
    ring.put({ samples: one, captureMs: 1300 });
    const read = ring.read(900, 1500) ?? new Int16Array(0);
    const loud = [...read].flatMap((sample, i) => (sample === 16_383 ? [i] : []));
    expect(read).toHaveLength(9600);
    expect([loud[0], loud[1599], loud[1600], loud.at(-1)]).toEqual([1600, 3199, 6400, 7999]);
    expect(loud).toHaveLength(3200);
    expect(ring.read(1100, 1300)).toBeNull();
    ring.clear();
    expect(ring.read(900, 1500)).toBeNull();
  });

  it('never gives what is older than its capacity, nor what was captured before the clock ran back', () => {
    const ring = soundRing(500);
    for (const chunk of chunks(5000, [320])) ring.put(chunk);
    expect(ring.read(5000, 7500)).toBeNull();
    ring.put({ samples: new Float32Array(160).fill(1), captureMs: 2000 });
    expect(ring.read(7000, 8000)).toBeNull();
    expect(ring.read(2000, 2010)).toEqual(new Int16Array(160).fill(32_767));
  });

  it('holds samples beyond 1 at the bound, and none of a clock before zero', () => {
    const ring = soundRing(100);
    ring.put({ samples: Float32Array.of(2, -2, 0), captureMs: 0 });
    expect(ring.read(0, 0.1875)).toEqual(Int16Array.of(32_767, -32_767, 0));
    ring.put({ samples: Float32Array.of(1), captureMs: -9000 });
    expect(ring.read(-9000, 0)).toBeNull();
  });
});

function picture(captureMs: number, width = 8, height = 6, fill = (i: number) => i % 251): VideoFrame {
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  const data = Uint8Array.from({ length: width * height + 2 * chroma }, (_, i) => fill(i));
  return { width, height, data, fullRange: false, captureMs };
}

describe('a ring of pictures', () => {
  it('keeps at most so many, none too old, in order, and counts what it had to leave out', () => {
    const steps = fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (given, most) => {
        const ring = pictureRing({ capacityMs: 1000, most });
        let atMs = 10_000;
        for (const step of given) {
          atMs += step;
          const before = ring.read(-Infinity, Infinity);
          const left = ring.put(picture(atMs));
          const now = ring.read(-Infinity, Infinity).map(({ captureMs }) => captureMs);
          expect(now.length).toBeLessThanOrEqual(most);
          expect(now.at(-1)).toBe(atMs);
          expect(now).toEqual([...now].sort((a, b) => a - b));
          expect(now.every((ms) => ms > atMs - 1000)).toBe(true);
          const young = step < 0 && before.length > 0 ? 0 : before.filter((p) => p.captureMs > atMs - 1000).length;
          expect(now.length + left).toBe(young + 1);
        }
      }),
    );
  });

  it('owns its pictures, and gives those of a stretch', () => {
    const ring = pictureRing({ capacityMs: 5000, most: 50 });
    const given = [0, 200, 400, 600].map((ms) => picture(ms));
    for (const each of given) {
      ring.put(each);
      structuredClone(each.data.buffer, { transfer: [each.data.buffer as ArrayBuffer] });
    }
    const read = ring.read(200, 600);
    expect(read.map(({ captureMs }) => captureMs)).toEqual([200, 400]);
    expect(read[0]?.data).toEqual(picture(200).data);
    ring.clear();
    expect(ring.read(0, 1000)).toEqual([]);
  });
});

describe('shrinking a picture', () => {
  it.each([
    [640, 480, 320, 240],
    [1280, 720, 320, 180],
    [960, 540, 320, 180],
    [384, 384, 384, 384],
    [385, 201, 192, 100],
    [121, 91, 120, 90],
    [1280, 2, 1280, 2],
  ])('makes %i x %i %i x %i', (width, height, toWidth, toHeight) => {
    const small = shrink(picture(7, width, height));
    expect([small.width, small.height, small.captureMs]).toEqual([toWidth, toHeight, 7]);
    expect(small.data).toHaveLength(toWidth * toHeight * 1.5);
  });

  it('keeps sides even and within the bound, and a plain picture as it is', () => {
    const side = fc.integer({ min: 8, max: 1300 });
    fc.assert(
      fc.property(side, side, fc.nat(255), (width, height, level) => {
        const small = shrink(picture(0, width, height, () => level));
        expect(Math.max(small.width, small.height)).toBeLessThanOrEqual(KEPT_SIDE_PX);
        expect([small.width % 2, small.height % 2]).toEqual([0, 0]);
        expect(small.data.every((byte) => byte === level)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([2, 3, 4])('gives the mean of each square of %i pixels, in every plane', (n) => {
    const [width, height] = [12 * n, 8 * n];
    const bright = (x: number, y: number) => (x * 37 + y * 101) % 256;
    const whole = picture(0, width, height);
    whole.data.forEach((_, i) => {
      const [at, stride] =
        i < width * height ? [i, width] : [(i - width * height) % (whole.data.length / 6), width / 2];
      whole.data[i] = bright(at % stride, Math.floor(at / stride));
    });
    const small = shrink(whole, 12);
    const mean = (x: number, y: number) => {
      let sum = 0;
      for (let i = 0; i < n * n; i++) sum += bright(x * n + (i % n), y * n + Math.floor(i / n));
      return Math.floor(sum / (n * n) + 0.5);
    };
    expect(small.data[5 + 3 * 12]).toBe(mean(5, 3));
    expect(small.data[12 * 8 + 2 + 3 * 6]).toBe(mean(2, 3));
    expect(small.data[12 * 8 + 6 * 4 + 5 + 2 * 6]).toBe(mean(5, 2));
  });
});
