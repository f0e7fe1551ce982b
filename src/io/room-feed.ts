import { createRoomLog } from '../core/room-log.ts';
import type { LogEntry, RoomLog, RoomLogOptions, RoomSnapshot } from '../core/room-log.ts';
import type { RoomEvent } from '../core/room-state.ts';
import type { Clock, Log, Meter } from '../ports.ts';

/** One room's numbered events, for whoever forwards them: the log, and news of what is appended. */
export interface RoomFeed extends Pick<RoomLog, 'epoch' | 'lastSeq' | 'since'> {
  readonly room: string;
  snapshot(historyMs: number): RoomSnapshot;
  /** Hear of every new event, in order; returns how to stop. */
  listen(listener: (entry: LogEntry) => void): () => void;
}

/** The writing end of a feed. */
export interface RoomFeedWriter extends RoomFeed {
  append(event: RoomEvent): void;
}

/** What a feed needs. */
export interface RoomFeedDeps {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly bounds?: Omit<RoomLogOptions, 'onDiscard'>;
}

/** Start a room's feed. What its bounded log drops is counted as `undertone_discarded_total{queue="room-log"}`. */
export function createRoomFeed(room: string, epoch: string, deps: RoomFeedDeps): RoomFeedWriter {
  const { clock, meter, log, bounds } = deps;
  const events = createRoomLog(epoch, {
    ...bounds,
    onDiscard: (reason) => meter.count('undertone_discarded_total', { queue: 'room-log', reason }),
  });
  const listeners = new Set<(entry: LogEntry) => void>();
  const untold: LogEntry[] = [];
  let telling = false;

  function tell(listener: (entry: LogEntry) => void, entry: LogEntry): void {
    try {
      listener(entry);
    } catch (error) {
      log.error({ room, seq: entry.seq, error }, 'a subscriber failed to take an event; the others were told');
    }
  }

  return {
    room,
    epoch,
    get lastSeq() {
      return events.lastSeq;
    },
    since: (place, max) => events.since(place, max),
    snapshot: (historyMs) => events.snapshot(clock.now(), historyMs),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    append(event) {
      untold.push(events.append(event, clock.now()));
      // A listener may append (a subscriber that is closed may also be a participant): everyone hears of the first
      // event before anyone hears of the second.
      if (telling) return;
      telling = true;
      for (let entry = untold.shift(); entry !== undefined; entry = untold.shift())
        for (const listener of listeners) tell(listener, entry);
      telling = false;
    },
  };
}
