/** Random lives of a room, for property tests of its log. */
import fc from 'fast-check';
import type { Segment, Verdict } from '../../src/domain.ts';
import { applyRoomEvent, emptyRoom } from '../../src/core/room-state.ts';
import type { ParticipantState, RoomEvent, RoomState } from '../../src/core/room-state.ts';
import type { RoomSnapshot } from '../../src/core/room-log.ts';

export function aParticipant(id: string, changes: Partial<ParticipantState> = {}): ParticipantState {
  const state = { name: id, role: 'customer', joinedMs: 0, connected: true, consented: true } as const;
  return { id, ...state, microphone: 'off', camera: 'off', ...changes };
}

export function aVerdict(changes: Partial<Omit<Verdict, 'status' | 'reason'>> = {}): Verdict {
  return {
    startMs: 0,
    endMs: 3000,
    status: 'accepted',
    reason: null,
    labels: ['happiness'],
    probabilities: { happiness: 0.9 },
    shares: { happiness: 1 },
    modalities: ['face'],
    missing: { voice: 'off' },
    uncertainty: 0,
    pack: 'test@1',
    calibration: null,
    ...changes,
  };
}

export function aSegment(index: number, open: boolean): Segment {
  const said = { status: 'accepted', labels: ['happiness'], reason: null, probabilities: { happiness: 0.9 } } as const;
  return { index, startMs: index, endMs: index + 1, windows: 1, open, ...said };
}

const id = fc.constantFrom('ada', 'bob', 'cyd');

/** Anything at all, in any order: also verdicts of strangers, and segments that come late. */
const roomEvent: fc.Arbitrary<RoomEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('participant' as const), participant: participantOf(id) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('participant-left' as const), participant: id }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('verdict' as const),
      participant: id,
      seq: fc.nat(50),
      verdict: fc.nat(1000).map((startMs) => aVerdict({ startMs })),
      latencyMs: fc.nat(100),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('segment' as const),
      participant: id,
      segment: fc.tuple(fc.nat(4), fc.boolean()).map(([index, open]) => aSegment(index, open)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('load' as const),
      load: fc.record({ hopMs: fc.constantFrom(500, 1000, 3000), oneIn: fc.constantFrom(1, 2, 4) }),
    }),
  },
);

export const roomEvents = fc.array(roomEvent, { maxLength: 80 });

function participantOf(ids: fc.Arbitrary<string>): fc.Arbitrary<ParticipantState> {
  return fc
    .tuple(ids, fc.boolean(), fc.boolean())
    .map(([who, consented, connected]) => aParticipant(who, { consented, connected }));
}

/** What a client knows that has seen `events` after `snapshot`. */
export function stateAfter(events: Iterable<RoomEvent>, snapshot?: RoomSnapshot): RoomState {
  const state = emptyRoom();
  const { participants = [], verdicts = [], segments = [] } = snapshot ?? {};
  for (const participant of participants) applyRoomEvent(state, { kind: 'participant', participant });
  for (const verdict of verdicts) applyRoomEvent(state, { kind: 'verdict', ...verdict });
  for (const segment of segments) applyRoomEvent(state, { kind: 'segment', ...segment });
  if (snapshot?.load) applyRoomEvent(state, { kind: 'load', load: snapshot.load });
  for (const event of events) applyRoomEvent(state, event);
  return state;
}
