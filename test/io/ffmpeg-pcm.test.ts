import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pcmCutter } from '../../src/io/ffmpeg-pcm.ts';

describe('cutting sound', () => {
  it('neither loses nor moves a sample, however it was cut before', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 20 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: -1000, max: 10_000_000 }), (parts, startMs) => {
        const cutter = pcmCutter();
        let at = 0;
        const chunks = parts.flatMap((length) => {
          const samples = Float32Array.from({ length }, (_, index) => at + index);
          const ms = startMs + Math.round(at / 16);
          at += length;
          return cutter.push(samples, ms);
        });
        chunks.push(...cutter.flush());
        expect(chunks.flatMap(({ samples }) => [...samples])).toEqual(Array.from({ length: at }, (_, index) => index));
        for (const { samples, captureMs } of chunks) expect(captureMs).toBe(startMs + (samples[0] ?? 0) / 16);
        expect(chunks.slice(0, -1).every(({ samples }) => samples.length === 1600)).toBe(true);
      }),
    );
  });

  it.each([
    ['a gap', 2000],
    ['a step back', -500],
  ])('after %s goes on at the new time', (_what, newMs) => {
    const cutter = pcmCutter();
    const chunks = [
      ...cutter.push(new Float32Array(2400), 0),
      ...cutter.push(new Float32Array(1600), newMs),
      ...cutter.flush(),
    ];
    expect(chunks.map(({ captureMs, samples }) => [captureMs, samples.length])).toEqual([
      [0, 1600],
      [100, 800],
      [newMs, 1600],
    ]);
  });

  it('does not follow the rounding of a container', () => {
    const cutter = pcmCutter();
    const times = [0, 23, 46, 70, 93, 116, 139, 163, 186];
    const chunks = times.flatMap((ms) => cutter.push(new Float32Array(371), ms));
    expect(chunks.map(({ captureMs }) => captureMs)).toEqual([0, 100]);
  });
});
