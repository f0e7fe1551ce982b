/** How often one caller may call: token buckets by name, as many as `MOST` at a time. */
import { fullBucket, take } from '../../core/token-bucket.ts';
import type { Rate, TokenBucket } from '../../core/token-bucket.ts';
import type { Clock } from '../../ports.ts';

/** Callers that are remembered; the one who was heard of least lately is forgotten first, and starts with a full bucket. */
const MOST = 10_000;

/** Whether somebody may call once more. */
export interface Rates {
  /** Spend one; false when there is none left. */
  allows(name: string): boolean;
}

/**
 * Buckets that all have the same rate.
 * @example if (!rates.allows(subject)) throw new UndertoneError('rate-limited', 'slow down');
 */
export function createRates(rate: Rate, clock: Clock): Rates {
  const buckets = new Map<string, TokenBucket>();
  return {
    allows(name) {
      const nowMs = clock.now();
      const [next, allowed] = take(buckets.get(name) ?? fullBucket(rate, nowMs), rate, nowMs);
      buckets.delete(name);
      buckets.set(name, next);
      const [oldest] = buckets.keys();
      if (buckets.size > MOST && oldest !== undefined) buckets.delete(oldest);
      return allowed;
    },
  };
}
