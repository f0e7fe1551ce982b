/**
 * Where windows wait for a worker: few, and not for long. When there is no room the one goes whose participant was judged
 * last, so that whoever was passed over comes first and nobody is passed over for ever. Pure.
 */

/** What a room must know of a window. */
export interface Waiting {
  readonly room: string;
  readonly participant: string;
  /** When it began to wait, ms. */
  readonly closedMs: number;
}

/** Windows that wait. */
export interface WaitingRoom<T extends Waiting> {
  readonly depth: number;
  /** Since when the oldest waits, ms; Infinity when none does. */
  readonly oldestMs: number;
  /** Let a window in; returns those that must go for it, itself perhaps. */
  offer(window: T, capacity: number): readonly T[];
  /** The next windows, at most `max`: of those passed over longest first. What has waited since before `sinceMs` goes. */
  take(max: number, sinceMs: number): { readonly taken: readonly T[]; readonly late: readonly T[] };
  /** What has waited since before `sinceMs`, taken out. */
  dropLate(sinceMs: number): readonly T[];
  /** Everything, taken out. */
  clear(): readonly T[];
}

/** People who are remembered; past it those judged longest ago are forgotten, which puts them first. */
const MOST_REMEMBERED = 4096;

/** An empty room. */
export function waitingRoom<T extends Waiting>(): WaitingRoom<T> {
  let waiting: readonly T[] = [];
  let taken = 0;
  /** The number of each one's latest window among all that were taken, the longest ago first. */
  const latest = new Map<string, number>();
  const latestOf = (window: T) => latest.get(keyOf(window)) ?? 0;
  const byTurn = (a: T, b: T) => latestOf(a) - latestOf(b) || a.closedMs - b.closedMs;

  const dropLate = (sinceMs: number): readonly T[] => {
    const late = waiting.filter(({ closedMs }) => closedMs < sinceMs);
    if (late.length > 0) waiting = waiting.filter(({ closedMs }) => closedMs >= sinceMs);
    return late;
  };

  return {
    get depth() {
      return waiting.length;
    },
    get oldestMs() {
      return Math.min(...waiting.map(({ closedMs }) => closedMs));
    },
    offer(window, capacity) {
      const sorted = [...waiting, window].sort(byTurn);
      waiting = sorted.slice(0, capacity);
      return sorted.slice(capacity);
    },
    take(max, sinceMs) {
      const late = dropLate(sinceMs);
      const sorted = [...waiting].sort(byTurn);
      waiting = sorted.slice(max);
      for (const window of sorted.slice(0, max)) {
        latest.delete(keyOf(window));
        latest.set(keyOf(window), ++taken);
      }
      for (const key of latest.keys()) {
        if (latest.size <= MOST_REMEMBERED) break;
        latest.delete(key);
      }
      return { taken: sorted.slice(0, max), late };
    },
    dropLate,
    clear() {
      const all = waiting;
      waiting = [];
      return all;
    },
  };
}

const keyOf = ({ room, participant }: Waiting): string => JSON.stringify([room, participant]);
