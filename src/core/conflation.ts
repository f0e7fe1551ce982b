import type { RoomEvent } from './room-state.ts';

/**
 * What is left of consecutive events when only their outcome matters, in order: the latest verdict of each
 * participant, the latest word on each segment, and every change of a participant. Consent is among those changes, and
 * a closed segment is a record and not a passing state: neither may be lost to a slow reader.
 */
export function conflate(events: Iterable<RoomEvent>): readonly RoomEvent[] {
  const kept = new Map<unknown, RoomEvent>();
  for (const event of events) {
    const key = conflationKey(event);
    // Deleted first: an event's place in the outcome is that of its latest word.
    kept.delete(key);
    kept.set(key, event);
  }
  return [...kept.values()];
}

/** Events with one key supersede one another; one that nothing supersedes is its own key. */
function conflationKey(event: RoomEvent): unknown {
  switch (event.kind) {
    case 'verdict':
      return `verdict ${event.participant}`;
    case 'segment':
      return `segment ${event.segment.index} ${event.participant}`;
    case 'load':
      return 'load';
    default:
      return event;
  }
}
