import fc from 'fast-check';
import { expect, it } from 'vitest';
import { conflate } from '../../src/core/conflation.ts';
import { roomEvents, stateAfter } from './room-events.ts';

it('leads from any state to the same state as all of the events', () => {
  fc.assert(
    fc.property(roomEvents, roomEvents, (before, events) => {
      expect(stateAfter([...before, ...conflate(events)])).toEqual(stateAfter([...before, ...events]));
    }),
    { numRuns: 500 },
  );
});

it('never loses a change of a participant: consent is among them', () => {
  fc.assert(
    fc.property(roomEvents, (events) => {
      const changes = (some: typeof events) => some.filter((event) => event.kind.startsWith('participant'));
      expect(changes([...conflate(events)])).toEqual(changes(events));
    }),
  );
});

it('keeps the last word on every segment, and one verdict a participant', () => {
  fc.assert(
    fc.property(roomEvents, (events) => {
      const left = conflate(events);
      const keys = left
        .filter((event) => event.kind === 'segment' || event.kind === 'verdict')
        .map((event) => [event.participant, event.kind === 'segment' ? event.segment.index : 'verdict'].join(' '));
      expect(new Set(keys).size).toBe(keys.length);
      for (const event of events.filter((each) => each.kind === 'segment')) {
        const same = (other: typeof event) =>
          other.participant === event.participant && other.segment.index === event.segment.index;
        const last = (some: readonly (typeof events)[number][]) =>
          some.filter((other) => other.kind === 'segment').findLast(same);
        expect(last(left)).toEqual(last(events));
      }
    }),
  );
});

it('changes nothing a second time', () => {
  fc.assert(
    fc.property(roomEvents, (events) => {
      expect(conflate(conflate(events))).toEqual(conflate(events));
    }),
  );
});
