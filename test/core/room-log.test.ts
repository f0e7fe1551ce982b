import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoomLog } from '../../src/core/room-log.ts';
import type { LogEntry } from '../../src/core/room-log.ts';
import { aParticipant, aSegment, aVerdict, roomEvents, stateAfter } from './room-events.ts';

const HOUR_MS = 3_600_000;

function kept(entries: readonly LogEntry[] | 'too-old'): readonly LogEntry[] {
  if (entries === 'too-old') throw new Error('the log no longer reaches back');
  return entries;
}

describe('a room log', () => {
  it('leads from a snapshot at any point, by the events after it, to the state of the whole history', () => {
    fc.assert(
      fc.property(roomEvents, fc.nat(80), fc.constantFrom(0, 10, HOUR_MS), (events, cut, historyMs) => {
        const log = createRoomLog('e');
        events.slice(0, cut).forEach((event, i) => log.append(event, i));
        const snapshot = log.snapshot(cut, historyMs);
        events.slice(cut).forEach((event, i) => log.append(event, cut + i));
        const after = kept(log.since(snapshot)).map((entry) => entry.event);
        expect(stateAfter(after, snapshot)).toEqual(stateAfter(events));
      }),
    );
  });

  it('gives a subscriber that resumes every event once and in order, whatever the bounds, or says that it cannot', () => {
    fc.assert(
      fc.property(
        roomEvents,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(90),
        (events, capacity, maxAgeMs, seq) => {
          const log = createRoomLog('e', { capacity, maxAgeMs });
          const all = events.map((event, i) => log.append(event, i));
          const missed = log.since({ epoch: 'e', seq });
          if (missed !== 'too-old') expect(missed).toEqual(all.slice(seq));
          else expect(seq < events.length - Math.min(capacity, maxAgeMs + 1) || seq > events.length).toBe(true);
        },
      ),
    );
  });

  it('reads on in pieces as it reads at once', () => {
    fc.assert(
      fc.property(roomEvents, fc.integer({ min: 1, max: 10 }), (events, max) => {
        const log = createRoomLog('e');
        events.forEach((event, i) => log.append(event, i));
        const pieces: LogEntry[] = [];
        for (let seq = 0; seq < log.lastSeq; seq = pieces.length)
          pieces.push(...kept(log.since({ epoch: 'e', seq }, max)));
        expect(pieces).toEqual(log.since({ epoch: 'e', seq: 0 }));
      }),
    );
  });

  it('counts from 1 without holes', () => {
    fc.assert(
      fc.property(roomEvents, (events) => {
        const log = createRoomLog('e', { capacity: 3 });
        const numbers = events.map((event, i) => log.append(event, i).seq);
        expect(numbers).toEqual(events.map((_, i) => i + 1));
        expect(log.lastSeq).toBe(events.length);
      }),
    );
  });

  it('tells of every event that it drops, and which bound it hit', () => {
    const dropped: string[] = [];
    const log = createRoomLog('e', { capacity: 2, maxAgeMs: 100, onDiscard: (reason) => dropped.push(reason) });
    const ada = { kind: 'participant', participant: aParticipant('ada') } as const;
    for (const nowMs of [0, 1, 2, 200]) log.append(ada, nowMs);
    expect(dropped).toEqual(['capacity', 'age', 'age']);
  });

  it('does not take a place of another epoch, nor one that has not been yet', () => {
    const log = createRoomLog('now');
    log.append({ kind: 'participant', participant: aParticipant('ada') }, 0);
    expect(log.since({ epoch: 'before', seq: 1 })).toBe('too-old');
    expect(log.since({ epoch: 'now', seq: 2 })).toBe('too-old');
    expect(log.since({ epoch: 'now', seq: 1 })).toEqual([]);
  });

  it('gives in a snapshot the verdicts of the asked-for past, and of a quiet participant the latest', () => {
    const log = createRoomLog('e');
    const say = (participant: string, seq: number, atMs: number) =>
      log.append({ kind: 'verdict', participant, seq, verdict: aVerdict(), latencyMs: 1 }, atMs);
    log.append({ kind: 'participant', participant: aParticipant('ada') }, 0);
    log.append({ kind: 'participant', participant: aParticipant('bob') }, 0);
    log.append({ kind: 'participant', participant: aParticipant('cyd') }, 0);
    say('bob', 0, 0);
    for (const seq of [0, 1, 2, 3]) say('ada', seq, 1000 * seq);
    say('cyd', 0, 3000);
    log.append({ kind: 'participant-left', participant: 'cyd' }, 3000);
    const { verdicts } = log.snapshot(3500, 2000);
    expect(verdicts.map(({ participant, seq }) => `${participant} ${seq}`)).toEqual(['bob 0', 'ada 2', 'ada 3']);
  });

  it('shows the open segment of each participant, and none that a later one closed', () => {
    const log = createRoomLog('e');
    log.append({ kind: 'participant', participant: aParticipant('ada') }, 0);
    for (const [index, open] of [
      [0, true],
      [0, false],
      [1, true],
    ] as const)
      // prettier-ignore
      log.append({ kind: 'segment', participant: 'ada', segment: aSegment(index, open) }, 0);
    expect(log.snapshot(0, 0).segments).toEqual([{ participant: 'ada', segment: aSegment(1, true) }]);
  });
});
