/**
 * Segments with their window of greatest doubt: what people are asked about. While a segment lasts, one window of it is held,
 * and one of what may become the next; no more, however long it lasts.
 */
import type { Segment, VerdictEvent } from '../../domain.ts';
import { NO_SEGMENT, endSegments, segment } from '../segments.ts';
import type { SegmentOptions, SegmentState } from '../segments.ts';

/** A window as it was judged, with what there is of its evidence. */
export interface Witness<E> {
  readonly event: VerdictEvent;
  /** Null where there is none. */
  readonly evidence: E | null;
}

/** A segment that has ended. */
export interface ClosedSegment<E> {
  readonly segment: Segment;
  /** Its window of greatest doubt: the greatest entropy of the shares; of windows that were not judged, the first. */
  readonly witness: Witness<E>;
  /** Its latest window. */
  readonly last: VerdictEvent;
}

interface Held<E> {
  readonly witness: Witness<E>;
  readonly last: VerdictEvent;
}

/** Where one participant stands; start from `NOTHING_WITNESSED`. */
export interface Witnessing<E> {
  readonly segments: SegmentState;
  readonly open: Held<E> | null;
  readonly candidate: Held<E> | null;
}

/** Before the first verdict. */
export const NOTHING_WITNESSED: Witnessing<never> = { segments: NO_SEGMENT, open: null, candidate: null };

/**
 * Take one verdict, in the order of windows; segments as `segment` makes them.
 * @param evidenceOf is asked only for a window that is to be held.
 * @returns the new state and the segment that has ended by it, if any.
 * @example const [next, closed] = witness(state, event, () => recording.evidence(startMs, endMs), { maxMs: 60_000 });
 */
export function witness<E>(
  state: Witnessing<E>,
  event: VerdictEvent,
  evidenceOf: () => E | null,
  options: SegmentOptions = {},
): readonly [Witnessing<E>, ClosedSegment<E> | null] {
  const [segments, changed] = segment(state.segments, event.verdict, options);
  // A window that was skipped, and says nothing.
  if (segments.open === state.segments.open && segments.candidate === state.segments.candidate)
    return [{ ...state, segments }, null];
  const [open, candidate] = [state.segments.open, segments.candidate];
  const ended = changed.find((each) => !each.open);
  if (candidate !== null) {
    const goesOn = candidate.windows > 1 ? state.candidate : null;
    return [{ segments, open: state.open, candidate: hold(goesOn, event, evidenceOf) }, null];
  }
  // Of two segments in one step, the open one ended and what was a candidate has begun; of one, this window is part of it.
  const begun = open === null || changed.length > 1;
  const of = begun ? (segments.open?.windows === 1 ? null : state.candidate) : state.open;
  const held = hold(of, event, evidenceOf);
  const closing = begun ? state.open : held;
  const closed = ended === undefined || closing === null ? null : { segment: ended, ...closing };
  return [{ segments, open: segments.open === null ? null : held, candidate: null }, closed];
}

/** Close what is open; the numbers of segments go on, as does time. */
export function endWitnessing<E>(state: Witnessing<E>): readonly [Witnessing<E>, ClosedSegment<E> | null] {
  const [segments, [ended]] = endSegments(state.segments);
  const closed = ended === undefined || state.open === null ? null : { segment: ended, ...state.open };
  return [{ segments, open: null, candidate: null }, closed];
}

/** Forget what is open without a word of it. */
export function forgetWitnessed<E>({ segments }: Witnessing<E>): Witnessing<E> {
  return { segments: { ...segments, open: null, candidate: null }, open: null, candidate: null };
}

/** A window that can be shown comes before one that cannot; then the one of greater doubt; then the earlier one. */
function hold<E>(held: Held<E> | null, event: VerdictEvent, evidenceOf: () => E | null): Held<E> {
  if (held === null) return { witness: { event, evidence: evidenceOf() }, last: event };
  const isMore = doubt(event) > doubt(held.witness.event);
  const isShown = held.witness.evidence !== null;
  if (isShown && !isMore) return { witness: held.witness, last: event };
  const evidence = evidenceOf();
  const isBetter = evidence !== null || (!isShown && isMore);
  return { witness: isBetter ? { event, evidence } : held.witness, last: event };
}

/** Nats; less than any where nothing was judged. */
function doubt({ verdict }: VerdictEvent): number {
  return verdict.uncertainty ?? -Infinity;
}
