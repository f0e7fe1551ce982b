/**
 * What is known of a room, as plain data: every event of the monitor leads from one view to the next. Nothing here
 * reads a clock or touches the page; `atMs` is when an event arrived, on the browser's clock.
 */
import type {
  LoadJson,
  ParticipantState,
  RoomEvent,
  SegmentJson,
  Snapshot,
  VerdictMessage,
} from '../../src/protocol.ts';
import type { MonitorEvent, MonitorStatus } from '../monitor.ts';
import { NOTHING, plus } from './tally.ts';
import type { Count, Tally } from './tally.ts';

/** Verdicts kept for each participant, newest last: ten minutes at the default hop of 500 ms. Older ones are dropped. */
export const HISTORY_VERDICTS = 1200;
/** Segments kept for each participant, newest last. */
export const HISTORY_SEGMENTS = 300;
/** How long a participant who left stays on the page. */
export const LEFT_SHOWN_MS = 8000;

/** What is known of one participant. */
export interface ParticipantView {
  readonly state: ParticipantState;
  /** Oldest first, by `seq`, without duplicates; at most `HISTORY_VERDICTS`. */
  readonly verdicts: readonly VerdictMessage[];
  /** Oldest first, by `index`, one each; at most `HISTORY_SEGMENTS`. */
  readonly segments: readonly SegmentJson[];
  /** What all verdicts so far count for, those that fell off the ring's old end among them. */
  readonly seen: Tally;
  /** Verdicts that fell off the ring's old end. */
  readonly dropped: number;
  /** When the newest verdict arrived; null while there is none. */
  readonly heardMs: number | null;
  /** From window closed to the newest verdict's arrival, less the best transport seen; null when it came with a snapshot. */
  readonly lagMs: number | null;
  /** Since when the participant's connection is lost; null while it stands. */
  readonly lostMs: number | null;
  /** When the participant left; null while in the room. */
  readonly leftMs: number | null;
}

/** What is known of a room. */
export interface RoomView {
  /** `connecting` until the first snapshot, `lost` while the server cannot be heard. */
  readonly connection: 'connecting' | 'live' | 'lost';
  /** Since when the state is unknown; null while live, and before anything was known. */
  readonly unknownSinceMs: number | null;
  readonly epoch: string | null;
  /** How far the server's clock is ahead of this browser's, less the best transport seen; null before a verdict. */
  readonly aheadMs: number | null;
  readonly participants: ReadonlyMap<string, ParticipantView>;
  /** How far the host has fallen back; null where nothing was said of it: it keeps up. */
  readonly load: LoadJson | null;
  /** What the verdicts of participants who are gone counted for. */
  readonly gone: Tally;
}

/** Before anything was heard. */
export const EMPTY_ROOM: RoomView = {
  connection: 'connecting',
  unknownSinceMs: null,
  epoch: null,
  aheadMs: null,
  participants: new Map(),
  load: null,
  gone: NOTHING,
};

const countNothing: Count = () => NOTHING;

/** Take in what the monitor tells. `count` says what each verdict counts for. */
export function receive(view: RoomView, event: MonitorEvent, atMs: number, count: Count = countNothing): RoomView {
  switch (event.type) {
    case 'status':
      return withStatus(view, event);
    case 'snapshot':
      return withSnapshot(view, event.snapshot, atMs, count);
    case 'event':
      return withEvent(view, event.event, atMs, count);
    case 'conflated':
      return event.events.reduce((before, each) => withEvent(before, each, atMs, count), view);
  }
}

/** Remove participants who left `LEFT_SHOWN_MS` ago or earlier. The same view when there are none. */
export function prune(view: RoomView, nowMs: number): RoomView {
  const kept = new Map(
    [...view.participants].filter(([, { leftMs }]) => leftMs === null || nowMs - leftMs < LEFT_SHOWN_MS),
  );
  return kept.size === view.participants.size ? view : { ...view, participants: kept, gone: goneFrom(view, kept) };
}

function withStatus(view: RoomView, { state, sinceMs }: MonitorStatus): RoomView {
  if (state === 'live') return { ...view, connection: 'live', unknownSinceMs: null };
  if (view.epoch === null) return { ...view, connection: 'connecting' };
  return { ...view, connection: 'lost', unknownSinceMs: sinceMs };
}

/** Within one epoch what was known of a participant stays, and the snapshot's verdicts take their places in it. */
function withSnapshot(view: RoomView, snapshot: Snapshot, atMs: number, count: Count): RoomView {
  const known = snapshot.epoch === view.epoch ? view.participants : new Map<string, ParticipantView>();
  const participants = new Map(
    snapshot.participants.map((state) => [state.id, withState(known.get(state.id), state, atMs)]),
  );
  for (const verdict of snapshot.verdicts)
    update(participants, verdict.participant, (p) => withVerdict(p, verdict, { atMs, lagMs: null, count }));
  for (const { participant, segment } of snapshot.segments)
    update(participants, participant, (p) => withSegment(p, segment));
  const gone = snapshot.epoch === view.epoch ? goneFrom(view, participants) : NOTHING;
  return { ...view, epoch: snapshot.epoch, aheadMs: null, participants, load: snapshot.load ?? null, gone };
}

/** What those count for who are no longer among the participants. */
function goneFrom(view: RoomView, participants: RoomView['participants']): Tally {
  const left = [...view.participants].filter(([id]) => !participants.has(id));
  return left.reduce((sum, [, { seen }]) => plus(sum, seen), view.gone);
}

function withEvent(view: RoomView, event: RoomEvent, atMs: number, count: Count): RoomView {
  const participants = new Map(view.participants);
  switch (event.kind) {
    case 'participant':
      participants.set(
        event.participant.id,
        withState(participants.get(event.participant.id), event.participant, atMs),
      );
      return { ...view, participants };
    case 'participant-left':
      update(participants, event.participant, (p) => ({ ...p, leftMs: atMs }));
      return { ...view, participants };
    case 'load':
      return { ...view, load: event.load };
    case 'segment':
      update(participants, event.participant, (p) => withSegment(p, event.segment));
      return { ...view, participants };
    case 'verdict': {
      const { kind: _, ...verdict } = event;
      const offsetMs = verdict.verdict.endMs + verdict.latencyMs - atMs;
      const aheadMs = follow(view.aheadMs, offsetMs);
      const lagMs = verdict.latencyMs + aheadMs - offsetMs;
      update(participants, verdict.participant, (p) => withVerdict(p, verdict, { atMs, lagMs, count }));
      return { ...view, aheadMs, participants };
    }
  }
}

/** The largest offset seen, which is that of the fastest transport; sinks slowly, so that a clock that jumps is followed. */
function follow(aheadMs: number | null, offsetMs: number): number {
  if (aheadMs === null || offsetMs >= aheadMs) return offsetMs;
  return aheadMs + (offsetMs - aheadMs) * 0.02;
}

/** Without consent nothing of what was said before is kept either. */
function withState(known: ParticipantView | undefined, state: ParticipantState, atMs: number): ParticipantView {
  const lostMs = state.connected ? null : (known?.lostMs ?? atMs);
  if (known !== undefined && state.consented) return { ...known, state, lostMs, leftMs: null };
  const nothing = { verdicts: [], segments: [], seen: NOTHING, dropped: 0, heardMs: null, lagMs: null };
  return { ...nothing, state, lostMs, leftMs: null };
}

function withVerdict(
  known: ParticipantView,
  verdict: VerdictMessage,
  { atMs, lagMs, count }: { readonly atMs: number; readonly lagMs: number | null; readonly count: Count },
): ParticipantView {
  const isNew = known.verdicts.findLast(({ seq }) => seq <= verdict.seq)?.seq !== verdict.seq;
  const seen = isNew ? plus(known.seen, count(verdict.verdict)) : known.seen;
  const verdicts = placed(known.verdicts, verdict, ({ seq }) => seq);
  const excess = Math.max(0, verdicts.length - HISTORY_VERDICTS);
  const news = verdicts.at(-1) === verdict ? { heardMs: atMs, lagMs } : {};
  return { ...known, ...news, seen, verdicts: verdicts.slice(excess), dropped: known.dropped + excess };
}

function withSegment(known: ParticipantView, segment: SegmentJson): ParticipantView {
  return { ...known, segments: placed(known.segments, segment, ({ index }) => index).slice(-HISTORY_SEGMENTS) };
}

function update<T>(map: Map<string, T>, key: string, change: (value: T) => T): void {
  const value = map.get(key);
  if (value !== undefined) map.set(key, change(value));
}

/** `items`, ordered by `key`, with `item` in its place; it replaces the one of the same key. */
function placed<T>(items: readonly T[], item: T, key: (item: T) => number): readonly T[] {
  let at = items.length;
  for (let before = items[at - 1]; before !== undefined && key(before) >= key(item); before = items[at - 1]) at--;
  const same = items[at];
  const replaced = same !== undefined && key(same) === key(item) ? 1 : 0;
  return [...items.slice(0, at), item, ...items.slice(at + replaced)];
}
