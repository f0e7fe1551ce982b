import type { HostLoad, Segment, TrackState, Verdict } from '../domain.ts';

/** A participant as others in the room see them. */
export interface ParticipantState {
  readonly id: string;
  readonly name: string;
  /** The person's part in the room, for example `customer` or `agent`. */
  readonly role: string;
  readonly joinedMs: number;
  /** False while a lost connection may still come back. */
  readonly connected: boolean;
  readonly consented: boolean;
  readonly microphone: TrackState;
  readonly camera: TrackState;
}

/** A verdict as a room's event: the room itself is known from the log it stands in. */
export interface RoomVerdict {
  readonly participant: string;
  readonly seq: number;
  readonly verdict: Verdict;
  readonly latencyMs: number;
}

/** A segment as a room's event. */
export interface RoomSegment {
  readonly participant: string;
  readonly segment: Segment;
}

/** What happens in a room; the shape on the wire is the same (`protocol.ts`). */
export type RoomEvent =
  | { readonly kind: 'participant'; readonly participant: ParticipantState }
  | { readonly kind: 'participant-left'; readonly participant: string }
  | ({ readonly kind: 'verdict' } & RoomVerdict)
  | ({ readonly kind: 'segment' } & RoomSegment)
  /** The host fell back, or caught up; the same in all of its rooms. */
  | { readonly kind: 'load'; readonly load: HostLoad };

/** What a room looks like now. Keys are participant ids; verdicts are ordered by their last change, oldest first. */
export interface RoomState {
  readonly participants: Map<string, ParticipantState>;
  /** The latest verdict of each participant. */
  readonly verdicts: Map<string, RoomVerdict>;
  /** The open segment of each participant that has one. */
  readonly segments: Map<string, RoomSegment>;
  /** The latest that was said of the host; null: nothing, it keeps up. */
  load: HostLoad | null;
}

/** A room in which nothing has happened. */
export function emptyRoom(): RoomState {
  return { participants: new Map(), verdicts: new Map(), segments: new Map(), load: null };
}

/**
 * Take one event into `state` (in place). A verdict or segment of somebody who is not in the room changes nothing; a
 * later segment closes every earlier one; leaving forgets everything about a participant.
 */
export function applyRoomEvent(state: RoomState, event: RoomEvent): void {
  switch (event.kind) {
    case 'participant':
      state.participants.set(event.participant.id, event.participant);
      return;
    case 'participant-left':
      state.participants.delete(event.participant);
      state.verdicts.delete(event.participant);
      state.segments.delete(event.participant);
      return;
    case 'load':
      state.load = event.load;
      return;
    case 'verdict': {
      if (!state.participants.has(event.participant)) return;
      const { participant, seq, verdict, latencyMs } = event;
      // Deleted first, so that the map's order is the order of the last change.
      state.verdicts.delete(participant);
      state.verdicts.set(participant, { participant, seq, verdict, latencyMs });
      return;
    }
    case 'segment': {
      const { participant, segment } = event;
      const open = state.segments.get(participant);
      if (!state.participants.has(participant) || (open !== undefined && open.segment.index > segment.index)) return;
      if (segment.open) state.segments.set(participant, { participant, segment });
      else state.segments.delete(participant);
    }
  }
}
