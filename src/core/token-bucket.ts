/** How much may happen: `capacity` at once, `perSecond` in the long run. */
export interface Rate {
  readonly capacity: number;
  readonly perSecond: number;
}

/** What is left to spend at an instant. */
export interface TokenBucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** A full bucket. */
export function fullBucket(rate: Rate, nowMs: number): TokenBucket {
  return { tokens: rate.capacity, atMs: nowMs };
}

/**
 * Spend `cost` tokens if there are as many; otherwise nothing is spent.
 * @returns the bucket after it, and whether the tokens were there.
 * @example const [next, allowed] = take(bucket, { capacity: 60, perSecond: 30 }, nowMs);
 */
export function take(bucket: TokenBucket, rate: Rate, nowMs: number, cost = 1): readonly [TokenBucket, boolean] {
  const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * rate.perSecond;
  const tokens = Math.min(rate.capacity, bucket.tokens + earned);
  const allowed = tokens >= cost;
  return [{ tokens: allowed ? tokens - cost : tokens, atMs: Math.max(nowMs, bucket.atMs) }, allowed];
}
