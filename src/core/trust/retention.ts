/** When what was kept must go: by the shortest retention that was in force since. */
import type { Retention } from '../../domain/trust.ts';

/** Retention that held in a room from an instant on, until the next. */
export interface RetentionPeriod {
  /** -Infinity for what held before anything was set, Infinity for a bound on everything. */
  readonly fromMs: number;
  readonly retention: Retention;
}

/**
 * Instants before which what ended is to go, of each kind. A row may stay as long as every retention allowed that was in force
 * from its end until now: a longer one that is set later holds for what comes later, as people were promised the shorter.
 * Lives only grow from older rows to newer ones, so that what goes is always all up to one instant.
 * @param periods in any order; one of them from the beginning of time.
 * @example retentionCutoffs(now, [{ fromMs: -Infinity, retention }]).scoresMs; // now - retention.scoresMs
 */
export function retentionCutoffs(nowMs: number, periods: readonly RetentionPeriod[]): Retention {
  const ordered = periods.toSorted((a, b) => a.fromMs - b.fromMs);
  const cutoff = (kind: keyof Retention): number => {
    let [cutoffMs, lifeMs, untilMs] = [-Infinity, Infinity, Infinity];
    for (const { fromMs, retention } of ordered.toReversed()) {
      lifeMs = Math.min(lifeMs, retention[kind]);
      cutoffMs = Math.max(cutoffMs, Math.min(nowMs - lifeMs, untilMs));
      untilMs = fromMs;
    }
    return cutoffMs;
  };
  return { clipsMs: cutoff('clipsMs'), scoresMs: cutoff('scoresMs'), reviewsMs: cutoff('reviewsMs') };
}
