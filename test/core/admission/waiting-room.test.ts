import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFor } from '../../../src/core/admission/plan.ts';
import { waitingRoom } from '../../../src/core/admission/waiting-room.ts';

const of = (participant: string, closedMs: number) => ({ room: 'lobby', participant, closedMs });

describe('a waiting room', () => {
  it('lets each window out once, taken or passed over, and never holds more than it may', () => {
    const step = fc.oneof(
      fc.record({ who: fc.constantFrom('a', 'b', 'c', 'd'), capacity: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ max: fc.integer({ min: 0, max: 4 }), since: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const room = waitingRoom();
        const out: unknown[] = [];
        let nowMs = 0;
        let offered = 0;
        for (const each of steps) {
          nowMs++;
          if ('who' in each) {
            offered++;
            out.push(...room.offer(of(each.who, nowMs), each.capacity));
            expect(room.depth).toBeLessThanOrEqual(each.capacity);
          } else {
            const { taken, late } = room.take(each.max, nowMs - each.since);
            expect(taken.length).toBeLessThanOrEqual(each.max);
            expect(taken.every(({ closedMs }) => closedMs >= nowMs - each.since)).toBe(true);
            out.push(...taken, ...late);
          }
        }
        out.push(...room.clear());
        expect(out).toHaveLength(offered);
        expect(new Set(out).size).toBe(offered);
        expect(room.depth).toBe(0);
      }),
    );
  });

  it('passes nobody over for ever: with room for one, people who come in the same order each time take turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }), (people, max) => {
        const room = waitingRoom();
        const judged = new Map<string, number>();
        const rounds = 10 * people;
        for (let round = 0; round < rounds; round++) {
          for (let i = 0; i < people; i++) room.offer(of(`p${i}`, round * 1000 + i), max);
          for (const { participant } of room.take(max, -Infinity).taken)
            judged.set(participant, (judged.get(participant) ?? 0) + 1);
        }
        const counts = Array.from({ length: people }, (_, i) => judged.get(`p${i}`) ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gives way to whoever was passed over longest', () => {
    const room = waitingRoom();
    room.offer(of('a', 0), 1);
    room.take(1, 0);
    room.offer(of('a', 10), 1);
    expect(room.offer(of('b', 11), 1)).toEqual([of('a', 10)]);
    expect(room.take(1, 0).taken).toEqual([of('b', 11)]);
    room.offer(of('b', 20), 2);
    room.offer(of('a', 21), 2);
    expect(room.take(2, 0).taken.map(({ participant }) => participant)).toEqual(['a', 'b']);
  });
});

describe('a plan', () => {
  it('lets as many wait as can be begun in time, and at least one run', () => {
    const plan = (secondsPerWindow: number | null, otherShare = 0, workers = 1, batch = 1) =>
      planFor({ secondsPerWindow, hopedSeconds: secondsPerWindow, otherShare, workers, batch, isTrial: false }, 500, {
        windowsPerSecond: 9,
        isReduced: true,
      });
    expect(plan(0.01)).toMatchObject({ capacity: 50, lane: 5 });
    expect(plan(0.01, 0.5)).toMatchObject({ capacity: 25 });
    expect(plan(0.01, 0, 4)).toMatchObject({ capacity: 200, lane: 20 });
    expect(plan(2)).toMatchObject({ capacity: 1, lane: 1 });
    expect(plan(2, 0, 3, 2)).toMatchObject({ capacity: 6, lane: 3 });
    expect(plan(null, 0, 3)).toMatchObject({ capacity: 256, lane: 3 });
  });
});
