/** The smallest of the samples of the last five to ten seconds, in constant space. */

/** Two buckets, the one being filled and the one before; null without a sample. */
export type SlidingMinimum = null | { readonly sinceMs: number; readonly current: number; readonly before: number };

const BUCKET_MS = 5000;

/** Add a sample taken at `nowMs`. */
export function sample(state: SlidingMinimum, value: number, nowMs: number): SlidingMinimum {
  if (state === null) return { sinceMs: nowMs, current: value, before: Infinity };
  const age = nowMs - state.sinceMs;
  if (age < BUCKET_MS) return value < state.current ? { ...state, current: value } : state;
  return { sinceMs: nowMs, current: value, before: age < 2 * BUCKET_MS ? state.current : Infinity };
}

/** The smallest; Infinity without a sample. */
export function minimum(state: SlidingMinimum): number {
  return state === null ? Infinity : Math.min(state.current, state.before);
}
