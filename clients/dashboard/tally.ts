/** How much of what was seen each step of the slider would accept: a number a step, however long the page is open. */
import type { VerdictJson } from '../../src/protocol.ts';
import type { Limits } from './limits.ts';

/** Counts of judged windows. */
export interface Tally {
  /** Windows that were judged by what has a rule with a promise. */
  readonly judged: number;
  /** By step, how many of them it accepts; empty stands for none. */
  readonly accepted: readonly number[];
  /** Windows that were judged by what has no such rule. */
  readonly unruled: number;
}

/** Nothing seen. */
export const NOTHING: Tally = { judged: 0, accepted: [], unruled: 0 };

/** What one verdict counts for. */
export type Count = (verdict: VerdictJson) => Tally;

/** Counts by these limits. */
export function countBy({ steps, accepts, isUnruled }: Limits): Count {
  return (verdict) => {
    if (isUnruled(verdict)) return { ...NOTHING, unruled: 1 };
    const byStep = steps.map((_, step) => accepts(verdict, step));
    return byStep.includes(null) ? NOTHING : { judged: 1, accepted: byStep.map(Number), unruled: 0 };
  };
}

/** Both counts together. */
export function plus(a: Tally, b: Tally): Tally {
  const [longer, shorter] = a.accepted.length >= b.accepted.length ? [a, b] : [b, a];
  return {
    judged: a.judged + b.judged,
    accepted: longer.accepted.map((count, step) => count + (shorter.accepted[step] ?? 0)),
    unruled: a.unruled + b.unruled,
  };
}

/** The share of judged windows that a step accepts, 0 to 1; null before the first. */
export function coverage({ judged, accepted }: Tally, step: number): number | null {
  return judged === 0 ? null : (accepted[step] ?? 0) / judged;
}
