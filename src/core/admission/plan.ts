/** How many windows may wait for workers, and how many may be with them, so that none waits longer than it may. */
import type { Cost } from './cost.ts';

/** Bounds until the next reading of costs. */
export interface Plan {
  /** Windows that may wait. */
  readonly capacity: number;
  /**
   * Windows that may be with the workers at once while all are busy: enough that none is idle between two runs. To be filled
   * up by whole batches only, or what goes together best would be torn apart.
   */
  readonly lane: number;
  /** Windows that an idle worker may be given together. */
  readonly batch: number;
  readonly workers: number;
  /** How long a window may wait, ms. */
  readonly waitMs: number;
  /** How long windows are held back so that `batch` of them go together, ms; 0 where nothing is to be learned by it. */
  readonly gatherMs: number;
}

/** How many windows come now. */
export interface Arrivals {
  readonly windowsPerSecond: number;
  /** Whether fewer are judged than the configured hop would make. */
  readonly isReduced: boolean;
}

/** Work that is laid out before busy workers, ms. */
const AHEAD_MS = 50;
/** The share of the time that windows may wait for which they are held back. */
const GATHER = 0.5;
/** Windows that wait at most, whatever they cost. */
const MOST = 256;

/**
 * What may wait can be begun within `waitMs`, or, where a single run takes longer than that, waits for one run. As long as
 * nothing is known of costs, each worker gets one window.
 *
 * A host that judges fewer windows than it should, spread evenly, would never see two at a time, nor learn that its workers
 * take two in the time of one: where a larger batch is still to be tried, windows are held back for it a little.
 */
export function planFor(cost: Cost, waitMs: number, { windowsPerSecond, isReduced }: Arrivals): Plan {
  const { secondsPerWindow, otherShare, batch, isTrial, workers } = cost;
  // More than half of a size counts as that size.
  const canGather = (windowsPerSecond * GATHER * waitMs) / 1000 >= batch / 2;
  const gatherMs = isReduced && isTrial && canGather ? GATHER * waitMs : 0;
  const bounds = { batch, workers, waitMs, gatherMs };
  if (secondsPerWindow === null) return { ...bounds, capacity: MOST, lane: workers };
  const laidOut = AHEAD_MS / (1000 * secondsPerWindow);
  const windowsPerMs = (workers * (1 - otherShare)) / (1000 * secondsPerWindow);
  return {
    ...bounds,
    capacity: Math.min(MOST, Math.max(batch * workers, Math.floor(waitMs * windowsPerMs))),
    lane: Math.min(MOST, workers * (batch > 1 && batch <= laidOut ? 2 * batch : Math.ceil(laidOut))),
  };
}
