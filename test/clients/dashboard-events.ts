/** What a monitor may tell, for tests of what the dashboard makes of it. */
import fc from 'fast-check';
import { LABELS } from '../../src/core/labels.ts';
import type { MonitorEvent } from '../../clients/monitor.ts';
import type {
  ParticipantState,
  RoomEvent,
  SegmentJson,
  Snapshot,
  VerdictJson,
  VerdictMessage,
} from '../../src/protocol.ts';

export const HOP_MS = 500;

export function participant(id: string, change: Partial<ParticipantState> = {}): ParticipantState {
  return {
    id,
    name: id,
    role: 'customer',
    joinedMs: 0,
    connected: true,
    consented: true,
    microphone: 'live',
    camera: 'live',
    ...change,
  };
}

/** Window `seq` of a participant: it ended `seq` hops after second 100. */
export function verdict(id: string, seq: number, change: Partial<VerdictJson> = {}): VerdictMessage {
  const endMs = 100_000 + seq * HOP_MS;
  return {
    participant: id,
    seq,
    latencyMs: 40,
    verdict: {
      startMs: endMs - 3000,
      endMs,
      status: 'accepted',
      reason: null,
      labels: ['happiness'],
      probabilities: { happiness: 0.8, surprise: 0.34 },
      shares: { happiness: 0.7, surprise: 0.3 },
      modalities: ['voice', 'face'],
      missing: {},
      uncertainty: 0.6,
      pack: 'starter@1',
      calibration: null,
      ...change,
    },
  };
}

export function segment(index: number, change: Partial<SegmentJson> = {}): SegmentJson {
  return {
    index,
    startMs: 100_000 + index * 2000,
    endMs: 102_000 + index * 2000,
    status: 'accepted',
    labels: ['happiness'],
    reason: null,
    probabilities: { happiness: 0.8 },
    windows: 4,
    open: true,
    ...change,
  };
}

export function snapshot(change: Partial<Snapshot> = {}): Extract<MonitorEvent, { type: 'snapshot' }> {
  const base: Snapshot = {
    type: 'snapshot',
    room: 'lobby',
    epoch: 'e1',
    seq: 0,
    participants: [],
    verdicts: [],
    segments: [],
  };
  return { type: 'snapshot', snapshot: { ...base, ...change } };
}

export const told = (event: RoomEvent, seq = 1): MonitorEvent => ({ type: 'event', seq, event });
export const said = (message: VerdictMessage): MonitorEvent => told({ kind: 'verdict', ...message });

/** Rejected with nothing judged. */
export const silent = {
  status: 'rejected',
  reason: 'no-speech',
  labels: [],
  probabilities: {},
  shares: {},
} satisfies Partial<VerdictJson>;

const ids = fc.constantFrom('ada', 'bob');
const probabilities = fc.dictionary(fc.constantFrom(...LABELS), fc.double({ min: 0, max: 1, noNaN: true }));

/** Any room event of two participants; verdicts and segments number themselves at random. */
export const roomEvents: fc.Arbitrary<RoomEvent> = fc.oneof(
  fc
    .tuple(ids, fc.boolean())
    .map(([id, connected]) => ({ kind: 'participant', participant: participant(id, { connected }) }) as const),
  ids.map((id) => ({ kind: 'participant-left', participant: id }) as const),
  fc
    .tuple(ids, fc.nat(40), probabilities)
    .map(([id, seq, p]) => ({ kind: 'verdict', ...verdict(id, seq, { probabilities: p }) }) as const),
  fc
    .tuple(ids, fc.nat(6))
    .map(([id, index]) => ({ kind: 'segment', participant: id, segment: segment(index) }) as const),
);
