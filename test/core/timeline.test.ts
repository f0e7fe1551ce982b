import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain.ts';
import { createTimeline } from '../../src/core/timeline.ts';
import { verdicts } from './arbitraries.ts';

function timelineOf(said: readonly Verdict[], maxPoints?: number) {
  const timeline = createTimeline({ hopMs: 500, ...(maxPoints !== undefined && { maxPoints }) });
  for (const verdict of said) timeline.add(verdict);
  return timeline;
}

const sum = (parts: Readonly<Record<string, number | undefined>>) =>
  Object.values(parts).reduce<number>((total, ms) => total + (ms ?? 0), 0);

describe('a timeline', () => {
  it('tiles the time from 0 to the end', () => {
    fc.assert(
      fc.property(verdicts, fc.integer({ min: 0, max: 5000 }), (said, more) => {
        const timeline = timelineOf(said);
        const endMs = (said.at(-1)?.endMs ?? 0) + more;
        timeline.end(endMs);
        const points = timeline.points();
        expect(points[0]?.startMs).toBe(0);
        expect(points.at(-1)?.endMs).toBe(endMs);
        for (const [index, { startMs }] of points.slice(1).entries()) expect(startMs).toBe(points[index]?.endMs);
      }),
    );
  });

  it('accounts for all of the time, once', () => {
    fc.assert(
      fc.property(verdicts, (said) => {
        const { windows, accepted, totalMs, acceptedMs, reasonMs, labelMs } = timelineOf(said).totals();
        expect(windows).toBe(said.length);
        expect(accepted).toBe(said.filter(({ status }) => status === 'accepted').length);
        expect(acceptedMs + sum(reasonMs)).toBe(totalMs);
        expect(sum(labelMs)).toBe(acceptedMs);
      }),
    );
  });

  it('has so many points at most, and the same totals with however few', () => {
    fc.assert(
      fc.property(verdicts, fc.integer({ min: 1, max: 30 }), (said, maxPoints) => {
        const coarse = timelineOf(said, maxPoints);
        expect(coarse.points().length).toBeLessThanOrEqual(maxPoints);
        expect(coarse.totals()).toEqual(timelineOf(said).totals());
      }),
    );
  });

  it('says at each point what was said for longest, and the mean of the probabilities', () => {
    const verdict = (index: number, happiness: number): Verdict => ({
      startMs: index * 500,
      endMs: index * 500 + 3000,
      status: 'accepted',
      reason: null,
      labels: happiness > 0.5 ? ['happiness'] : ['neutral'],
      probabilities: { happiness },
      shares: {},
      modalities: ['face'],
      missing: {},
      uncertainty: 0,
      pack: 'p@1',
      calibration: null,
    });
    const [point] = timelineOf([verdict(0, 0.9), verdict(1, 0.2)], 1).points();
    expect(point).toMatchObject({ startMs: 0, endMs: 2250, labels: ['happiness'], reason: null });
    expect(point?.probabilities.happiness).toBeCloseTo(0.55, 12);
  });
});
