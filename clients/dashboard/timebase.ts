/** Which minute the charts show: all of them the same, so that people can be compared. */
import { signal } from '@preact/signals';
import type { RoomView } from './store.ts';
import type { Cadence, Stretch } from './trace.ts';

/** Length of the time shown. */
export const SHOWN_MS = 60_000;
/** How far one press of an arrow key or button goes. */
export const STEP_MS = 15_000;
/** Besides one hop, verdicts may take this long to arrive and still slide in from beyond the right edge. */
const SLACK_MS = 300;

/** The right edge of the charts, server's clock, ms; null while they follow the present. */
export const heldEdge = signal<number | null>(null);

/**
 * The right edge while the charts follow the present: late enough that the newest verdict is just beyond it, so that
 * lines slide in instead of jumping. It stands still while the state is unknown. Null before the first verdict.
 */
export function liveEdge(room: RoomView, { hopMs }: Cadence, nowMs: number): number | null {
  if (room.aheadMs === null) return newestEnd(room);
  return (room.unknownSinceMs ?? nowMs) + room.aheadMs - Math.max(hopMs, room.load?.hopMs ?? 0) - SLACK_MS;
}

/** The stretch that ends at `edgeMs`. */
export function stretchTo(edgeMs: number): Stretch {
  return { fromMs: edgeMs - SHOWN_MS, toMs: edgeMs };
}

/** Move an edge by `byMs`, not before the oldest verdict; null (live) when it would pass the present. */
export function moved(edgeMs: number, byMs: number, room: RoomView, live: number): number | null {
  const wanted = edgeMs + byMs;
  if (wanted >= live) return null;
  const oldest = Math.min(...[...room.participants.values()].map(({ verdicts }) => verdicts[0]?.verdict.endMs ?? live));
  return Math.max(wanted, Math.min(oldest + SHOWN_MS / 2, live));
}

function newestEnd(room: RoomView): number | null {
  const ends = [...room.participants.values()].flatMap(({ verdicts }) => verdicts.at(-1)?.verdict.endMs ?? []);
  return ends.length === 0 ? null : Math.max(...ends);
}
