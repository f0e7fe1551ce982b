/** Calls that wait for a worker: a bounded queue a kind, taken in turns so that no kind starves behind another. Pure. */
import type { CallKind } from '../calls.ts';

/** The kinds in the order of their turns. */
export const CALL_KINDS = ['window', 'speech', 'faces'] as const satisfies readonly CallKind[];

/** Bounds of the queues and of what is taken together. */
export interface CallQueueOptions {
  /** Calls of a kind that may wait. */
  readonly limits: Readonly<Record<CallKind, number>>;
  /** Calls of a kind that are taken together. */
  readonly batches: Readonly<Record<CallKind, number>>;
}

/** The waiting calls of all kinds. */
export interface CallQueue<T> {
  /** Calls waiting, of all kinds. */
  readonly depth: number;
  depthOf(kind: CallKind): number;
  /** False when the kind's queue is full; the call was not taken. */
  push(kind: CallKind, call: T): boolean;
  /**
   * The oldest calls of the kind whose turn it is; null when nothing waits.
   * @param takers idle workers: each gets its share of what waits.
   */
  take(takers: number): { readonly kind: CallKind; readonly calls: readonly T[] } | null;
  /** Take everything, of all kinds. */
  clear(): readonly T[];
}

/** An empty queue. */
export function callQueue<T>({ limits, batches }: CallQueueOptions): CallQueue<T> {
  const waiting: Record<CallKind, T[]> = { window: [], speech: [], faces: [] };
  /** The kind served longest ago comes first. */
  let turns: readonly CallKind[] = CALL_KINDS;
  return {
    get depth() {
      return CALL_KINDS.reduce((sum, kind) => sum + waiting[kind].length, 0);
    },
    depthOf: (kind) => waiting[kind].length,
    push(kind, call) {
      if (waiting[kind].length >= limits[kind]) return false;
      waiting[kind].push(call);
      return true;
    },
    take(takers) {
      const kind = turns.find((candidate) => waiting[candidate].length > 0);
      if (!kind) return null;
      turns = [...turns.filter((other) => other !== kind), kind];
      const share = Math.ceil(waiting[kind].length / Math.max(1, takers));
      return { kind, calls: waiting[kind].splice(0, Math.min(share, batches[kind])) };
    },
    clear: () => CALL_KINDS.flatMap((kind) => waiting[kind].splice(0)),
  };
}
