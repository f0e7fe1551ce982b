import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment, Verdict } from '../../src/domain.ts';
import { NO_SEGMENT, endSegments, segment } from '../../src/core/segments.ts';
import { verdicts } from './arbitraries.ts';

/** The latest form of every segment. */
function segmentsOf(list: readonly Verdict[], confirm = 3): readonly Segment[] {
  const latest = new Map<number, Segment>();
  let state = NO_SEGMENT;
  for (const verdict of list) {
    const [next, changed] = segment(state, verdict, { confirm });
    state = next;
    for (const each of changed) latest.set(each.index, each);
  }
  for (const each of endSegments(state)[1]) latest.set(each.index, each);
  return [...latest.values()];
}

const said = (list: readonly Segment[]) => list.map(({ labels, reason }) => reason ?? labels.join('+'));

describe('segments', () => {
  it('tile time: each begins where the one before it ended, and is closed at the end', () => {
    fc.assert(
      fc.property(verdicts, (list) => {
        const segments = segmentsOf(list);
        expect(segments[0]?.startMs).toBe(list[0]?.startMs);
        segments.forEach((each, i) => {
          expect(each.index).toBe(i);
          expect(each.open).toBe(false);
          expect(each.endMs).toBeGreaterThan(each.startMs);
          if (i > 0) expect(each.startMs).toBe(segments[i - 1]?.endMs);
        });
      }),
    );
  });

  it('say something new only after it held for `confirm` windows', () => {
    fc.assert(
      fc.property(verdicts, (list) => {
        const segments = segmentsOf(list);
        segments.slice(1).forEach((each) => {
          expect(each.windows).toBeGreaterThanOrEqual(3);
        });
        const words = said(segments);
        words.slice(1).forEach((word, i) => {
          expect(word).not.toBe(words[i]);
        });
      }),
    );
  });

  it('are not cut by one odd window', () => {
    const happy = (i: number): Verdict => ({
      startMs: i * 500,
      endMs: i * 500 + 3000,
      status: 'accepted',
      reason: null,
      labels: ['happiness'],
      probabilities: { happiness: 0.9 },
      shares: {},
      modalities: ['face'],
      missing: {},
      uncertainty: 0.1,
      pack: 'test@1',
      calibration: null,
    });
    const odd: Verdict = { ...happy(3), status: 'rejected', reason: 'no-face', labels: [], probabilities: {} };
    const segments = segmentsOf([happy(0), happy(1), happy(2), odd, happy(4), happy(5)]);
    expect(said(segments)).toEqual(['happiness']);
    expect(segments[0]).toMatchObject({ startMs: 0, endMs: 5500, windows: 5 });
    expect(segments[0]?.probabilities.happiness).toBeCloseTo(0.9, 9);
  });
});

describe('segments of a busy host', () => {
  /** Windows of three seconds without overlap, of which one in `oneIn` is judged. */
  const busy = (count: number, oneIn: number, label: 'happiness' | 'anger' = 'happiness', from = 0): Verdict[] =>
    Array.from({ length: count }, (_, i) => {
      const judged = i % oneIn === 0;
      const probabilities = judged ? { [label]: 0.9 } : {};
      return {
        startMs: from + i * 3000,
        endMs: from + i * 3000 + 3000,
        status: judged ? 'accepted' : 'rejected',
        reason: judged ? null : 'overload',
        labels: judged ? [label] : [],
        probabilities,
        shares: probabilities,
        modalities: judged ? ['voice'] : [],
        missing: {},
        uncertainty: judged ? 0.5 : null,
        pack: 'test@1',
        calibration: null,
      } as Verdict;
    });

  it('are made by the windows that are judged, one in two or in four', () => {
    for (const oneIn of [2, 4]) {
      const change = [...busy(40, oneIn), ...busy(40, oneIn, 'anger', 120_000)];
      const segments = segmentsOf(change);
      expect(said(segments)).toEqual(['happiness', 'anger']);
      expect(segments[0]?.endMs).toBe(segments[1]?.startMs);
      expect(segments[0]?.windows).toBe(40 / oneIn);
    }
  });

  it('say so when hardly anything is judged, from the last window that was', () => {
    const segments = segmentsOf([...busy(4, 1), ...busy(40, 100, 'happiness', 12_000).slice(1)]);
    expect(said(segments)).toEqual(['happiness', 'overload']);
    expect(segments[1]?.startMs).toBe(12_000);
  });

  it('begin anew with the first window that is judged after a stretch without', () => {
    const segments = segmentsOf([...busy(30, 100).slice(1), ...busy(1, 1, 'anger', 90_000)]);
    expect(said(segments)).toEqual(['overload', 'anger']);
    expect(segments[1]).toMatchObject({ startMs: 90_000, windows: 1 });
  });
});
