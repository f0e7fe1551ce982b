import type { Clock } from '../ports.ts';

/**
 * The server's clock: the wall clock as it was when the process started, plus the monotonic time since. Setting the
 * wall clock, by hand or by NTP, does not move it, so windows, deadlines and latencies stay in order; the price is that
 * it drifts from the wall clock by as much as that was corrected. A worker thread has an origin of its own: send
 * instants to it rather than reading its clock.
 *
 * @example const startedMs = systemClock().now();
 */
export function systemClock(): Clock {
  return { now: () => performance.timeOrigin + performance.now() };
}
