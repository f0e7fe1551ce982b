import type { LoadJson, ParticipantState, RoomEvent, SegmentJson, Snapshot, VerdictMessage } from '../src/protocol.ts';
import type { RoomMessage } from './connection.ts';

/** A room as it was last heard of. Never changed: each message makes a new one. */
export interface RoomState {
  /** The last event that this state includes; null until the first snapshot. */
  readonly at: { readonly epoch: string; readonly seq: number } | null;
  /** Who is in the room, by id. */
  readonly participants: ReadonlyMap<string, ParticipantState>;
  /** The latest verdict, by participant. */
  readonly verdicts: ReadonlyMap<string, VerdictMessage>;
  /** The open segment, by participant; a participant without one has no entry. */
  readonly segments: ReadonlyMap<string, SegmentJson>;
  /** How far the host has fallen back; null where nothing was said of it: it keeps up. */
  readonly load: LoadJson | null;
}

/** The state before anything was heard. */
export const UNKNOWN_ROOM: RoomState = {
  at: null,
  participants: new Map(),
  verdicts: new Map(),
  segments: new Map(),
  load: null,
};

/**
 * Where a message belongs: `next` is to be applied, `seen` was applied already, `gap` tells that something before it is
 * missing. A snapshot stands for all that was before it, so it is always next.
 */
export function placeOf(message: RoomMessage, { at }: RoomState): 'next' | 'seen' | 'gap' {
  if (message.type === 'snapshot') return 'next';
  if (at?.epoch !== message.epoch) return 'gap';
  if (message.seq <= at.seq) return 'seen';
  const first = message.type === 'event' ? message.seq : message.from;
  return first <= at.seq + 1 ? 'next' : 'gap';
}

/** The state after a message whose place is `next`. */
export function afterMessage(state: RoomState, message: RoomMessage): RoomState {
  const at = { epoch: message.epoch, seq: message.seq };
  if (message.type === 'event') return { ...afterEvent(state, message.event), at };
  if (message.type === 'conflated') return { ...message.events.reduce(afterEvent, state), at };
  return {
    at,
    participants: new Map(message.participants.map((participant) => [participant.id, participant])),
    verdicts: new Map(message.verdicts.map((verdict) => [verdict.participant, verdict])),
    segments: new Map(message.segments.map(({ participant, segment }) => [participant, segment])),
    load: message.load ?? null,
  };
}

/** The state as the server would send it now, with each participant's latest verdict; null until there is one. */
export function asSnapshot(state: RoomState, room: string): Snapshot | null {
  if (state.at === null) return null;
  return {
    type: 'snapshot',
    room,
    ...state.at,
    participants: [...state.participants.values()],
    verdicts: [...state.verdicts.values()],
    segments: [...state.segments].map(([participant, segment]) => ({ participant, segment })),
    ...(state.load && { load: state.load }),
  };
}

function afterEvent(state: RoomState, event: RoomEvent): RoomState {
  switch (event.kind) {
    case 'participant':
      return { ...state, participants: put(state.participants, event.participant.id, event.participant) };
    case 'participant-left':
      return {
        ...state,
        participants: drop(state.participants, event.participant),
        verdicts: drop(state.verdicts, event.participant),
        segments: drop(state.segments, event.participant),
      };
    case 'verdict': {
      const { kind: _, ...verdict } = event;
      return { ...state, verdicts: put(state.verdicts, verdict.participant, verdict) };
    }
    case 'segment':
      return { ...state, segments: afterSegment(state.segments, event.participant, event.segment) };
    case 'load':
      return { ...state, load: event.load };
  }
}

/** A closed segment ends the open one, unless a later one is open already. */
function afterSegment(
  segments: RoomState['segments'],
  participant: string,
  segment: SegmentJson,
): RoomState['segments'] {
  const open = segments.get(participant);
  if (open !== undefined && open.index > segment.index) return segments;
  return segment.open ? put(segments, participant, segment) : drop(segments, participant);
}

function put<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  return new Map(map).set(key, value);
}

function drop<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map;
  return new Map([...map].filter(([other]) => other !== key));
}
