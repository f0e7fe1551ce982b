import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../clients/dashboard/chart-ground.ts';
import { spread } from '../../clients/dashboard/chart-names.ts';
import { FLOOR, traceOf, valueAt } from '../../clients/dashboard/trace.ts';
import type { RejectReason } from '../../src/domain.ts';
import { HOP_MS, segment, silent, verdict } from './dashboard-events.ts';

const cadence = { windowMs: 3000, hopMs: HOP_MS };
const minute = { fromMs: 100_000, toMs: 160_000 };
const reasons = fc.constantFrom<RejectReason | null>(null, 'no-face', 'no-speech', 'low-confidence');

describe('laws of a trace', () => {
  it('hatches just the time of rejected verdicts, in spans that never overlap', () => {
    fc.assert(
      fc.property(fc.array(reasons, { minLength: 1, maxLength: 100 }), (why) => {
        const verdicts = why.map((reason, seq) => verdict('ada', seq, reason === null ? {} : { ...silent, reason }));
        const { rejections } = traceOf(verdicts, [], minute, cadence);
        const total = rejections.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
        expect(total).toBe(why.filter((reason) => reason !== null).length * HOP_MS);
        rejections.forEach(({ fromMs }, i) =>
          expect(fromMs).toBeGreaterThanOrEqual(rejections[i - 1]?.toMs ?? -Infinity),
        );
      }),
    );
  });

  it('has no gap between windows that follow each other at the longest hop, and hatches all of what was skipped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean()), { minLength: 1, maxLength: 20 }),
        (steps) => {
          let endMs = 100_000;
          const verdicts = steps.map(([hops, skipped], seq) => {
            endMs += hops * HOP_MS;
            const at = { startMs: endMs - 3000, endMs };
            return verdict('ada', seq, skipped ? { ...silent, ...at, reason: 'overload' } : at);
          });
          const { times, rejections } = traceOf(verdicts, [], minute, cadence);
          expect(times).toHaveLength(verdicts.length);
          const hatched = rejections.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
          const want = steps.reduce(
            (sum, [hops, skipped], i) => sum + (skipped ? (i === 0 ? 1 : hops) * HOP_MS : 0),
            0,
          );
          expect(hatched).toBe(want);
        },
      ),
    );
  });

  it('keeps names apart and in the order of their lines', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 8 }), (wanted) => {
        const placed = spread(wanted, { from: 0, to: 200, least: 15 });
        const byWanted = placed
          .map((y, i) => ({ y, i }))
          .sort((a, b) => (wanted[a.i] ?? 0) - (wanted[b.i] ?? 0) || a.i - b.i);
        byWanted.forEach(({ y }, k) => {
          expect(y).toBeGreaterThanOrEqual(7.5 - 1e-9);
          expect(y).toBeLessThanOrEqual(192.5 + 1e-9);
          if (k > 0) expect(y - (byWanted[k - 1]?.y ?? 0)).toBeGreaterThanOrEqual(15 - 1e-9);
        });
      }),
    );
  });

  it('leaves names where they are wanted when they do not meet', () => {
    expect(spread([20, 100, 60], { from: 0, to: 200, least: 15 })).toEqual([20, 100, 60]);
  });

  it('folds words into lines that fit, and loses none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
        fc.integer({ min: 4, max: 30 }),
        (words, width) => {
          const lines = fold(words.join(' '), (line) => line.length <= width);
          if (lines === null) expect(words.some((word) => word.length > width)).toBe(true);
          else {
            expect(lines.join(' ')).toBe(words.join(' '));
            for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});

describe('a trace', () => {
  const verdicts = [...Array(10).keys()].map((seq) =>
    verdict('ada', seq, { probabilities: { happiness: seq / 10, fear: FLOOR - 0.01 } }),
  );

  it('shows only labels that reach the floor', () => {
    expect([...traceOf(verdicts, [], minute, cadence).lines.keys()]).toEqual(['happiness']);
  });

  it('reaches one verdict beyond each edge, so that lines do not stop short of it', () => {
    const { times } = traceOf(verdicts, [], { fromMs: 101_100, toMs: 102_900 }, cadence);
    expect(times[0]).toBe(101_000);
    expect(times.at(-1)).toBe(103_000);
  });

  it('breaks the line where nothing is known, and hatches nothing there', () => {
    const { times, lines, rejections } = traceOf([verdict('ada', 0), verdict('ada', 20)], [], minute, cadence);
    expect(times).toHaveLength(3);
    expect(lines.get('happiness')).toEqual([0.8, null, 0.8]);
    expect(rejections).toEqual([]);
  });

  it('keeps the line of a rejected verdict that had something to judge', () => {
    const unsure = verdict('ada', 1, { status: 'rejected', reason: 'low-confidence', labels: [] });
    const { lines, rejections } = traceOf([verdict('ada', 0), unsure], [], minute, cadence);
    expect(lines.get('happiness')).toEqual([0.8, 0.8]);
    expect(rejections).toEqual([{ fromMs: 100_000, toMs: 100_500, reason: 'low-confidence' }]);
  });

  it('marks the first verdict of a segment on the line of its leading label, and no start of silence', () => {
    const begun = segment(1, { startMs: 102_250 });
    const quiet = segment(2, { startMs: 103_000, status: 'rejected', labels: [], reason: 'no-face' });
    const { marks } = traceOf(verdicts, [begun, quiet], minute, cadence);
    expect(marks).toEqual([{ atMs: 102_500, label: 'happiness', probability: 0.5 }]);
  });

  it('reads a value between two points, and none over a break', () => {
    expect(valueAt([0, 10, 20], [0, 1, null], 5)).toBe(0.5);
    expect(valueAt([0, 10, 20], [0, 1, null], 10)).toBe(1);
    expect(valueAt([0, 10, 20], [0, 1, null], 15)).toBeNull();
    expect(valueAt([0, 10], [0, 1], 11)).toBeNull();
  });
});
