/**
 * Puts packets back in order. A packet that is the next one leaves at once; one that came early waits, until the gap
 * before it is filled or given up: after `maxWaitMs`, or when `maxHeld` wait. State in, state out.
 */
import { unwrap } from './rtp.ts';

/** A packet as the buffer needs it: its 16-bit number, which wraps around. */
interface Numbered {
  readonly sequence: number;
}

interface Held<P> {
  readonly packet: P;
  readonly number: number;
  readonly arrivalMs: number;
}

/** What waits, and the number (unwrapped) that may leave next; null before the first packet. */
export interface JitterState<P> {
  readonly next: number | null;
  /** By number, ascending; at most `maxHeld`. */
  readonly held: readonly Held<P>[];
  /** Packets in a row that were too late; many of them mean that the sender counts anew. */
  readonly lateRun: number;
}

/** A packet in its place. */
export interface InOrder<P> {
  readonly packet: P;
  /** How many packets before it were given up. */
  readonly lostBefore: number;
}

export interface JitterOptions {
  /** Packets that may wait for one that is missing. */
  readonly maxHeld: number;
  /** How long a packet waits for those before it, ms. */
  readonly maxWaitMs: number;
}

/** A number this far from the expected one is no loss but a sender that counts anew (RFC 3550, MAX_DROPOUT). */
const MAX_DROPOUT = 3000;
const RESTART_AFTER_LATE = 64;

/** The buffer before the first packet. */
export const emptyJitter = { next: null, held: [], lateRun: 0 } as const satisfies JitterState<never>;

/**
 * Take in one packet.
 * @returns the next state, the packets that may leave now, in order, and whether this one came too late or twice.
 * @example const [next, ready] = reorder(state, packet, nowMs, { maxHeld: 32, maxWaitMs: 60 });
 */
export function reorder<P extends Numbered>(
  state: JitterState<P>,
  packet: P,
  nowMs: number,
  options: JitterOptions,
): readonly [JitterState<P>, readonly InOrder<P>[], late: boolean] {
  const number = state.next === null ? packet.sequence : unwrap(state.next, packet.sequence, 16);
  const next = state.next ?? number;
  if (Math.abs(number - next) > MAX_DROPOUT || (number < next && state.lateRun + 1 >= RESTART_AFTER_LATE)) {
    const rest = drain(state.held, next);
    return [{ next: number + 1, held: [], lateRun: 0 }, [...rest, { packet, lostBefore: 1 }], false];
  }
  if (number < next) return [{ ...state, lateRun: state.lateRun + 1 }, [], true];
  if (number === next && state.held.length === 0)
    return [{ next: next + 1, held: state.held, lateRun: 0 }, [{ packet, lostBefore: 0 }], false];
  const at = state.held.findIndex((other) => other.number >= number);
  if (at >= 0 && state.held[at]?.number === number) return [state, [], true];
  const held = state.held.toSpliced(at < 0 ? state.held.length : at, 0, { packet, number, arrivalMs: nowMs });
  return [...release({ next, held, lateRun: 0 }, nowMs, options), false];
}

/** Let go what has waited long enough; for the time in which no packet comes. */
export function release<P>(
  state: JitterState<P>,
  nowMs: number,
  { maxHeld, maxWaitMs }: JitterOptions,
): readonly [JitterState<P>, readonly InOrder<P>[]] {
  const ready: InOrder<P>[] = [];
  let next = state.next ?? 0;
  let from = 0;
  for (; from < state.held.length; from++) {
    const waiting = state.held.slice(from);
    const [first] = waiting;
    if (first === undefined) break;
    const giveUp = waiting.length > maxHeld || waiting.some(({ arrivalMs }) => nowMs - arrivalMs > maxWaitMs);
    if (first.number !== next && !giveUp) break;
    ready.push({ packet: first.packet, lostBefore: first.number - next });
    next = first.number + 1;
  }
  return from === 0 ? [state, ready] : [{ next, held: state.held.slice(from), lateRun: 0 }, ready];
}

function drain<P>(held: readonly Held<P>[], next: number): InOrder<P>[] {
  return held.map(({ packet, number }, i) => ({
    packet,
    lostBefore: number - ((held[i - 1]?.number ?? next - 1) + 1),
  }));
}
