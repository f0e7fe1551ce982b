import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_ROOM,
  HISTORY_SEGMENTS,
  HISTORY_VERDICTS,
  LEFT_SHOWN_MS,
  prune,
  receive,
} from '../../clients/dashboard/store.ts';
import type { RoomView } from '../../clients/dashboard/store.ts';
import type { MonitorEvent } from '../../clients/monitor.ts';
import { participant, roomEvents, said, segment, snapshot, told, verdict } from './dashboard-events.ts';

const both = snapshot({ participants: [participant('ada'), participant('bob')] });
const play = (events: readonly MonitorEvent[], view: RoomView = EMPTY_ROOM, atMs = 1000): RoomView =>
  events.reduce((before, event) => receive(before, event, atMs), view);
const ada = (view: RoomView) => view.participants.get('ada');

describe('laws of the view', () => {
  it('keeps verdicts and segments in order, each once, whatever arrives when', () => {
    fc.assert(
      fc.property(fc.array(roomEvents, { maxLength: 80 }), (events) => {
        const view = play([both, ...events.map((event, i) => told(event, i + 1))]);
        for (const { verdicts, segments } of view.participants.values()) {
          expect(verdicts.map(({ seq }) => seq)).toEqual(
            [...new Set(verdicts.map(({ seq }) => seq))].sort((a, b) => a - b),
          );
          expect(segments.map(({ index }) => index)).toEqual(
            [...new Set(segments.map((s) => s.index))].sort((a, b) => a - b),
          );
        }
      }),
    );
  });

  it('ends the same whether events come one by one or conflated', () => {
    fc.assert(
      fc.property(fc.array(roomEvents, { maxLength: 40 }), (events) => {
        const single = play([both, ...events.map((event, i) => told(event, i + 1))]);
        const conflated = play([both, { type: 'conflated', from: 1, seq: events.length, events }]);
        expect(conflated).toEqual(single);
      }),
    );
  });

  it('shows the same present when all but the latest verdict of each were conflated away', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (a, b) => {
        const told = [...Array(a).keys()].map((seq) => verdict('ada', seq));
        const other = [...Array(b).keys()].map((seq) => verdict('bob', seq));
        const all = play([both, ...[...told, ...other].map(said)]);
        const latest = [verdict('ada', a - 1), verdict('bob', b - 1)].map((v) => ({ kind: 'verdict', ...v }) as const);
        const few = play([both, { type: 'conflated', from: 1, seq: a + b, events: latest }]);
        for (const id of ['ada', 'bob'])
          expect(few.participants.get(id)?.verdicts.at(-1)).toEqual(all.participants.get(id)?.verdicts.at(-1));
      }),
    );
  });

  it('never grows beyond its bounds, drops the oldest and counts them', () => {
    const more = 25;
    const verdicts = [...Array(HISTORY_VERDICTS + more).keys()].map((seq) => said(verdict('ada', seq)));
    const segments = [...Array(HISTORY_SEGMENTS + more).keys()].map((index) =>
      told({ kind: 'segment', participant: 'ada', segment: segment(index) }),
    );
    const view = ada(play([both, ...verdicts, ...segments]));
    expect(view?.verdicts).toHaveLength(HISTORY_VERDICTS);
    expect(view?.verdicts[0]?.seq).toBe(more);
    expect(view?.dropped).toBe(more);
    expect(view?.segments).toHaveLength(HISTORY_SEGMENTS);
  });

  it('leaves other participants as they were, so that their cards need not be drawn again', () => {
    const before = play([both, said(verdict('bob', 0))]);
    expect(receive(before, said(verdict('ada', 0)), 2000).participants.get('bob')).toBe(before.participants.get('bob'));
  });
});

describe('a view of a room', () => {
  it('keeps its history over a snapshot of the same epoch and fills its gaps', () => {
    const before = play([both, said(verdict('ada', 0)), said(verdict('ada', 1))]);
    const again = snapshot({ participants: [participant('ada')], verdicts: [verdict('ada', 1), verdict('ada', 3)] });
    expect(ada(play([again], before))?.verdicts.map(({ seq }) => seq)).toEqual([0, 1, 3]);
  });

  it('starts afresh when the epoch is another', () => {
    const before = play([both, said(verdict('ada', 7))]);
    const after = play(
      [snapshot({ epoch: 'e2', participants: [participant('ada')], verdicts: [verdict('ada', 0)] })],
      before,
    );
    expect(ada(after)?.verdicts.map(({ seq }) => seq)).toEqual([0]);
    expect(after.participants.has('bob')).toBe(false);
  });

  it('knows since when its state is unknown, and that it is known again', () => {
    const live = play([{ type: 'status', state: 'live', sinceMs: 900 }, both]);
    const lost = play([{ type: 'status', state: 'disconnected', sinceMs: 5000 }], live);
    expect(lost).toMatchObject({ connection: 'lost', unknownSinceMs: 5000 });
    expect(lost.participants).toBe(live.participants);
    expect(play([{ type: 'status', state: 'live', sinceMs: 7000 }], lost)).toMatchObject({
      connection: 'live',
      unknownSinceMs: null,
    });
  });

  it('says connecting, not lost, before anything was known', () => {
    expect(play([{ type: 'status', state: 'disconnected', sinceMs: 5000 }])).toMatchObject({
      connection: 'connecting',
      unknownSinceMs: null,
    });
  });

  it('remembers when a participant was lost, until the connection is back', () => {
    const lost = told({ kind: 'participant', participant: participant('ada', { connected: false }) });
    const view = receive(receive(play([both]), lost, 2000), lost, 3000);
    expect(ada(view)?.lostMs).toBe(2000);
    const back = told({ kind: 'participant', participant: participant('ada') });
    expect(ada(receive(view, back, 4000))?.lostMs).toBeNull();
  });

  it('forgets what was said of a participant who withdraws', () => {
    const withdrawn = told({ kind: 'participant', participant: participant('ada', { consented: false }) });
    const view = play([both, said(verdict('ada', 0)), withdrawn]);
    expect(ada(view)).toMatchObject({ verdicts: [], segments: [], heardMs: null, lagMs: null });
  });

  it('shows who left for a while, then no more', () => {
    const view = receive(play([both]), told({ kind: 'participant-left', participant: 'ada' }), 10_000);
    expect(prune(view, 10_000 + LEFT_SHOWN_MS - 1)).toBe(view);
    expect([...prune(view, 10_000 + LEFT_SHOWN_MS).participants.keys()]).toEqual(['bob']);
  });

  it('adds to the lag what a verdict took longer to arrive than the fastest', () => {
    const first = receive(play([both]), said(verdict('ada', 0)), 500_000);
    expect(ada(first)?.lagMs).toBe(40);
    const late = receive(first, said(verdict('ada', 1)), 500_000 + 500 + 120);
    expect(ada(late)?.lagMs).toBeGreaterThan(150);
    expect(ada(late)?.lagMs).toBeLessThanOrEqual(160);
  });

  it('follows a clock that jumps', () => {
    let view = receive(play([both]), said(verdict('ada', 0)), 500_000);
    for (let seq = 1; seq < 400; seq++) view = receive(view, said(verdict('ada', seq)), 560_000 + seq * 500);
    expect(ada(view)?.lagMs).toBeLessThan(80);
  });
});
