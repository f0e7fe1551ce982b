import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterMessage, asSnapshot, placeOf, UNKNOWN_ROOM } from '../../clients/room-state.ts';
import type { RoomState } from '../../clients/room-state.ts';
import type { RoomMessage } from '../../clients/connection.ts';
import type { RoomEvent, SegmentJson } from '../../src/protocol.ts';
import { ADA, snapshot, verdict } from './scripted-gateway.ts';

const segment = (index: number, open: boolean): SegmentJson => ({
  index,
  startMs: 0,
  endMs: 1,
  status: 'rejected',
  labels: [],
  reason: 'no-speech',
  probabilities: {},
  windows: 1,
  open,
});
const event = (seq: number, about: RoomEvent): RoomMessage => ({
  type: 'event',
  room: 'lobby',
  epoch: 'e1',
  seq,
  event: about,
});
const known = afterMessage(UNKNOWN_ROOM, snapshot(0));
const after = (state: RoomState, ...events: RoomEvent[]) =>
  events.reduce((before, about, at) => afterMessage(before, event(at + 1, about)), state);

const id = fc.constantFrom('p1', 'p2', 'p3');
const roomEvent: fc.Arbitrary<RoomEvent> = fc.oneof(
  id.map((participant) => ({ kind: 'participant' as const, participant: { ...ADA, id: participant } })),
  id.map((participant) => ({ kind: 'participant-left' as const, participant })),
  fc
    .record({ participant: id, seq: fc.nat(99) })
    .map((place) => ({ kind: 'verdict' as const, ...verdict(0), ...place })),
  fc
    .record({ participant: id, index: fc.nat(5), open: fc.boolean() })
    .map(({ participant, index, open }) => ({ kind: 'segment' as const, participant, segment: segment(index, open) })),
  fc
    .record({ hopMs: fc.constantFrom(500, 3000), oneIn: fc.constantFrom(1, 4) })
    .map((load) => ({ kind: 'load' as const, load })),
);

test('a snapshot of a state leads back to that state', () => {
  fc.assert(
    fc.property(fc.array(roomEvent), (events) => {
      const state = after(known, ...events);
      const taken = asSnapshot(state, 'lobby');
      expect(taken && afterMessage(UNKNOWN_ROOM, taken)).toEqual(state);
    }),
  );
});

test('applying a conflated message equals applying its events one by one', () => {
  fc.assert(
    fc.property(fc.array(roomEvent, { minLength: 1 }), (events) => {
      const seq = events.length;
      const message: RoomMessage = { type: 'conflated', room: 'lobby', epoch: 'e1', from: 1, seq, events };
      expect(afterMessage(known, message)).toEqual(after(known, ...events));
    }),
  );
});

test('a state that was handed out never changes', () => {
  const before = structuredClone(known);
  after(known, { kind: 'participant-left', participant: ADA.id }, { kind: 'verdict', ...verdict(1) });
  expect(known).toEqual(before);
});

test('who leaves takes verdict and segment along', () => {
  const state = after(
    known,
    { kind: 'verdict', ...verdict(1) },
    { kind: 'segment', participant: ADA.id, segment: segment(0, true) },
    { kind: 'participant-left', participant: ADA.id },
  );
  expect(state).toMatchObject({ participants: new Map(), verdicts: new Map(), segments: new Map() });
});

test('only the open segment is kept, also when an older one closes late', () => {
  const open = (index: number): RoomEvent => ({ kind: 'segment', participant: ADA.id, segment: segment(index, true) });
  const closed = (index: number): RoomEvent => ({
    kind: 'segment',
    participant: ADA.id,
    segment: segment(index, false),
  });
  expect(after(known, open(0), closed(0)).segments.size).toBe(0);
  expect(after(known, open(0), open(1), closed(0)).segments.get(ADA.id)?.index).toBe(1);
});

test.each<[string, RoomMessage, 'next' | 'seen' | 'gap']>([
  ['the next event', event(6, { kind: 'verdict', ...verdict(0) }), 'next'],
  ['the same event again', event(5, { kind: 'verdict', ...verdict(0) }), 'seen'],
  ['an event after a hole', event(7, { kind: 'verdict', ...verdict(0) }), 'gap'],
  ['another epoch', { ...event(6, { kind: 'verdict', ...verdict(0) }), epoch: 'e2' }, 'gap'],
  ['any snapshot', snapshot(2, 'e2'), 'next'],
  ['a range that follows', { type: 'conflated', room: 'lobby', epoch: 'e1', from: 6, seq: 9, events: [] }, 'next'],
  ['a range that overlaps', { type: 'conflated', room: 'lobby', epoch: 'e1', from: 3, seq: 9, events: [] }, 'next'],
  ['a range that is known', { type: 'conflated', room: 'lobby', epoch: 'e1', from: 3, seq: 5, events: [] }, 'seen'],
  ['a range after a hole', { type: 'conflated', room: 'lobby', epoch: 'e1', from: 7, seq: 9, events: [] }, 'gap'],
])('after event 5, %s is placed', (_, message, place) => {
  expect(placeOf(message, afterMessage(UNKNOWN_ROOM, snapshot(5)))).toBe(place);
});

test('before the first snapshot every event is a gap', () => {
  expect(placeOf(event(1, { kind: 'verdict', ...verdict(0) }), UNKNOWN_ROOM)).toBe('gap');
});
