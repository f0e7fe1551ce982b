/** How long to wait between two attempts to connect. */
export interface BackoffOptions {
  /** Longest wait after the first failure, ms. Default 500. */
  readonly firstMs?: number;
  /** Longest wait ever, ms. Default 15 000. */
  readonly maxMs?: number;
}

/**
 * The wait before attempt number `attempt` (from 0), ms: doubles up to `maxMs`, and is drawn from the upper half of that
 * so that clients which lost the same server do not come back all at once ("equal jitter", M. Brooker, Exponential
 * Backoff and Jitter, AWS Architecture Blog, 2015).
 *
 * @param random uniform in [0, 1)
 * @example backoffMs(3, Math.random()); // 2000 to 4000
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = {}): number {
  const { firstMs = 500, maxMs = 15_000 } = options;
  const longestMs = Math.min(maxMs, firstMs * 2 ** attempt);
  return (longestMs / 2) * (1 + random);
}

/** Resolves after `ms`, or at once when aborted. Leaves no listener behind, however often it is called. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
  });
}
