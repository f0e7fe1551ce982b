import { applyRoomEvent, emptyRoom } from './room-state.ts';
import type { HostLoad } from '../domain.ts';
import type { ParticipantState, RoomEvent, RoomSegment, RoomVerdict } from './room-state.ts';

/** Bounds of a room's log. */
export interface RoomLogOptions {
  /** Events kept for replay; past it the oldest is dropped. Default 16384: 64 participants for a minute. */
  readonly capacity?: number;
  /** Age past which an event is dropped, ms. Default 120 000. */
  readonly maxAgeMs?: number;
  /** Told of every event that is dropped, with the bound that it hit. */
  readonly onDiscard?: (reason: 'capacity' | 'age') => void;
}

/** An event with its number: 1, 2, 3, ... per room and epoch. */
export interface LogEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly event: RoomEvent;
}

/** The last event that somebody has seen. */
export interface LogPlace {
  readonly epoch: string;
  readonly seq: number;
}

/** A room at one instant; events after `seq` lead on from it. */
export interface RoomSnapshot extends LogPlace {
  readonly participants: readonly ParticipantState[];
  /** Each participant's latest and those of the asked-for past, oldest first. */
  readonly verdicts: readonly RoomVerdict[];
  /** The open one of each participant. */
  readonly segments: readonly RoomSegment[];
  /** How far the host has fallen back; absent where nothing was said of it: it keeps up. */
  readonly load?: HostLoad;
}

/** The numbered events of one room, bounded, and the state they lead to. */
export interface RoomLog {
  /** Changes when the numbering starts anew. */
  readonly epoch: string;
  /** The number of the latest event; 0 before the first. */
  readonly lastSeq: number;
  append(event: RoomEvent, nowMs: number): LogEntry;
  /** At most `max` events that follow `place`; `too-old` when they are not all kept, or the epoch is another. */
  since(place: LogPlace, max?: number): readonly LogEntry[] | 'too-old';
  /** The room now, with the verdicts that were appended in the last `historyMs`. */
  snapshot(nowMs: number, historyMs: number): RoomSnapshot;
}

/**
 * Start a room's log. `nowMs` must not go backwards.
 * @example
 * const log = createRoomLog('a1');
 * log.append({ kind: 'participant', participant: ada }, 0);
 * log.since({ epoch: 'a1', seq: 0 }); // [{ seq: 1, atMs: 0, event: ... }]
 */
export function createRoomLog(epoch: string, options: RoomLogOptions = {}): RoomLog {
  const { capacity = 16_384, maxAgeMs = 120_000, onDiscard } = options;
  const state = emptyRoom();
  const slots: (LogEntry | undefined)[] = [];
  let firstSeq = 1;
  let lastSeq = 0;

  function entries(from: number, max = Number.POSITIVE_INFINITY): LogEntry[] {
    const found: LogEntry[] = [];
    for (let seq = from; seq <= lastSeq && found.length < max; seq += 1) {
      const entry = slots[seq % capacity];
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  function dropOldest(reason: 'capacity' | 'age'): void {
    // Freed, not only passed over: what is past its age must not stay in memory.
    slots[firstSeq % capacity] = undefined;
    firstSeq += 1;
    onDiscard?.(reason);
  }

  function dropAged(nowMs: number): void {
    while ((slots[firstSeq % capacity]?.atMs ?? nowMs) < nowMs - maxAgeMs) dropOldest('age');
  }

  return {
    epoch,
    get lastSeq() {
      return lastSeq;
    },
    append(event, nowMs) {
      dropAged(nowMs);
      if (lastSeq - firstSeq + 1 === capacity) dropOldest('capacity');
      lastSeq += 1;
      const entry = { seq: lastSeq, atMs: nowMs, event };
      slots[lastSeq % capacity] = entry;
      applyRoomEvent(state, event);
      return entry;
    },
    since(place, max = Number.POSITIVE_INFINITY) {
      if (place.epoch !== epoch || place.seq < firstSeq - 1 || place.seq > lastSeq) return 'too-old';
      return entries(place.seq + 1, max);
    },
    snapshot(nowMs, historyMs) {
      dropAged(nowMs);
      const history = entries(firstSeq)
        .filter((entry) => entry.atMs > nowMs - historyMs)
        .map((entry) => entry.event)
        .filter((event) => event.kind === 'verdict')
        .filter((event) => state.verdicts.has(event.participant))
        .map(({ participant, seq, verdict, latencyMs }) => ({ participant, seq, verdict, latencyMs }));
      const recent = new Set(history.map((event) => event.participant));
      const older = [...state.verdicts.values()].filter((event) => !recent.has(event.participant));
      return {
        epoch,
        seq: lastSeq,
        participants: [...state.participants.values()],
        verdicts: [...older, ...history],
        segments: [...state.segments.values()],
        ...(state.load && { load: state.load }),
      };
    },
  };
}
