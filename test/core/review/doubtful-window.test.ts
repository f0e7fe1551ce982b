import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOTHING_WITNESSED,
  endWitnessing,
  forgetWitnessed,
  witness,
} from '../../../src/core/review/doubtful-window.ts';
import type { ClosedSegment, Witnessing } from '../../../src/core/review/doubtful-window.ts';
import { NO_SEGMENT, endSegments, segment } from '../../../src/core/segments.ts';
import type { Segment, VerdictEvent } from '../../../src/domain.ts';
import { verdictEvent } from '../../pipelines/fakes.ts';

type Said = readonly [says: 'a' | 'b' | 'c', uncertainty: number | null, shown: boolean];

/** Windows of 3 s every half second that say this. */
function events(said: readonly Said[]): VerdictEvent[] {
  return said.map(([says, uncertainty], seq) => {
    const judged = says === 'a' ? { labels: ['happiness'] as const } : { labels: ['anger'] as const };
    const rejected = { status: 'rejected', reason: 'no-face', labels: [] } as const;
    return verdictEvent(seq, { ...(says === 'c' ? rejected : judged), uncertainty });
  });
}

function run(said: readonly Said[], options = {}) {
  const asked: number[] = [];
  const closed: ClosedSegment<number>[] = [];
  let state: Witnessing<number> = NOTHING_WITNESSED;
  for (const event of events(said)) {
    const evidence = (): number | null => {
      asked.push(event.seq);
      return said[event.seq]?.[2] === true ? event.seq : null;
    };
    const [next, ended] = witness(state, event, evidence, options);
    state = next;
    if (ended !== null) closed.push(ended);
  }
  const [, last] = endWitnessing(state);
  return { closed: last === null ? closed : [...closed, last], asked };
}

const stream = fc.array(
  fc.tuple(
    fc.constantFrom('a' as const, 'b' as const, 'c' as const),
    fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
    fc.boolean(),
  ),
  { minLength: 1, maxLength: 60 },
);
const options = fc.record({ confirm: fc.integer({ min: 1, max: 4 }), maxMs: fc.constantFrom(4000, 6000, Infinity) });
const keyOf = ({ labels, reason }: Pick<Segment, 'labels' | 'reason'>) => reason ?? labels.join();

describe('segments and their witnesses', () => {
  it('are the segments that rooms are told of', () => {
    fc.assert(
      fc.property(stream, options, (said, given) => {
        let state = NO_SEGMENT;
        const told: Segment[] = [];
        for (const { verdict } of events(said)) {
          const [next, changed] = segment(state, verdict, given);
          state = next;
          told.push(...changed.filter((each) => !each.open));
        }
        told.push(...endSegments(state)[1]);
        expect(run(said, given).closed.map((each) => each.segment)).toEqual(told);
      }),
    );
  });

  it('have the window of greatest doubt of all in the segment, one that can be shown where there is one', () => {
    fc.assert(
      fc.property(stream, options, (said, given) => {
        for (const { segment: ended, witness: held, last } of run(said, given).closed) {
          const within = events(said).filter(
            ({ verdict }) =>
              keyOf(verdict) === keyOf(ended) && verdict.endMs > ended.startMs && verdict.endMs <= ended.endMs,
          );
          expect(within).toHaveLength(ended.windows);
          expect(last.seq).toBe(within.at(-1)?.seq);
          const shown = within.filter(({ seq }) => said[seq]?.[2] === true);
          const among = shown.length > 0 ? shown : within;
          const most = Math.max(...among.map(({ verdict }) => verdict.uncertainty ?? -Infinity));
          expect(held.event.seq).toBe(among.find(({ verdict }) => (verdict.uncertainty ?? -Infinity) === most)?.seq);
          expect(held.evidence).toBe(shown.length > 0 ? held.event.seq : null);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tile time, none longer than it may be by more than a window', () => {
    fc.assert(
      fc.property(stream, options, (said, given) => {
        const { closed } = run(said, given);
        closed.forEach(({ segment: each }, i) => {
          expect(each.index).toBe(i);
          expect(each.startMs).toBe(i === 0 ? 0 : closed[i - 1]?.segment.endMs);
          if (given.confirm === 1) expect(each.endMs - each.startMs).toBeLessThan(given.maxMs + 3000);
        });
      }),
    );
  });

  it('ask for evidence only of what is to be held', () => {
    const falling = Array.from({ length: 20 }, (_, i): Said => ['a', 2 - i / 20, true]);
    expect(run(falling).asked).toEqual([0]);
    const rising = Array.from({ length: 5 }, (_, i): Said => ['a', i / 5, true]);
    expect(run(rising).asked).toEqual([0, 1, 2, 3, 4]);
  });

  it('are forgotten without a word, and numbered on', () => {
    const [open] = witness<number>(NOTHING_WITNESSED, verdictEvent(0), () => 0);
    const [again, none] = endWitnessing(forgetWitnessed(open));
    expect(none).toBeNull();
    const [next] = witness(again, verdictEvent(1), () => 1);
    expect(endWitnessing(next)[1]).toMatchObject({ segment: { index: 1, windows: 1 }, witness: { evidence: 1 } });
  });
});
