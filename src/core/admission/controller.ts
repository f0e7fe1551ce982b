/**
 * Which rung of the load ladder a host stands on: the lowest on which its workers are predicted to keep up. Up at once;
 * down a rung at a time, only after it was predicted to fit for a while. A descent that fails is tried again ever later.
 */
import { shareOn } from './ladder.ts';
import type { Rung } from './ladder.ts';

/** What is asked of the workers, and what they can do. */
export interface Demand {
  /** Windows with something to judge that the configured hop would make, a second. */
  readonly windowsPerSecond: number;
  /** What one of them costs a worker, s; null where that is not known yet. */
  readonly secondsPerWindow: number | null;
  readonly workers: number;
  /** Share of the workers' time that other calls claim, 0 to 1. */
  readonly otherShare: number;
  /** Windows wait longer than they may, whatever is predicted. */
  readonly crowded: boolean;
}

/** Where a host stands; start from `GROUND`. */
export interface Position {
  /** Index of the rung. */
  readonly rung: number;
  /** Since when the rung below is predicted to fit; null while it is not. */
  readonly calmSinceMs: number | null;
  /** Last time up, and last time down. */
  readonly climbedMs: number;
  readonly descendedMs: number;
  /** How long the rung below must be predicted to fit, ms; grows when a descent fails. */
  readonly holdMs: number;
}

/** Bounds of the controller; all have defaults that need no tuning. */
export interface ClimbOptions {
  /** Predicted utilisation up to which a rung holds. Default 0.8. */
  readonly target?: number;
  /** Predicted utilisation up to which the rung below is gone down to. Default 0.7. */
  readonly comfort?: number;
  /** How long it must be predicted, ms. Default 4000. */
  readonly holdMs?: number;
  /** The longest that a failed descent makes the next one wait, ms. Default 300 000. */
  readonly maxHoldMs?: number;
  /** How long a rung is given to show its effect before waiting alone leads one further up, ms. Default 4000. */
  readonly settleMs?: number;
}

const HOLD_MS = 4000;
/** A descent that had to be taken back within this many holds has failed. */
const FAILED_WITHIN = 4;

/** The configured hop. */
export const GROUND: Position = {
  rung: 0,
  calmSinceMs: null,
  climbedMs: -Infinity,
  descendedMs: -Infinity,
  holdMs: HOLD_MS,
};

/** Predicted share of the workers' time that is taken on a rung; above 1 they cannot keep up. 0 where no cost is known. */
export function utilisation(rung: Rung, demand: Omit<Demand, 'crowded'>): number {
  const { windowsPerSecond, secondsPerWindow, workers, otherShare } = demand;
  if (secondsPerWindow === null || windowsPerSecond === 0) return 0;
  return otherShare + (windowsPerSecond * shareOn(rung) * secondsPerWindow) / workers;
}

/**
 * Take a reading; returns where the host stands now. To be called several times a second, `nowMs` ascending.
 * @example position = climb(ladder, position, { ...cost, windowsPerSecond: 32, crowded: false }, clock.now());
 */
export function climb(
  ladder: readonly Rung[],
  position: Position,
  demand: Demand,
  nowMs: number,
  options: ClimbOptions = {},
): Position {
  const { target = 0.8, comfort = 0.7, holdMs = HOLD_MS, maxHoldMs = 300_000, settleMs = 4000 } = options;
  const { rung, climbedMs, descendedMs } = position;
  const top = ladder.length - 1;
  if (demand.windowsPerSecond === 0) return rung === 0 ? position : GROUND;

  const fitting = ladder.findIndex((each) => utilisation(each, demand) <= target);
  const needed = fitting === -1 ? top : fitting;
  const isStuck = demand.crowded && nowMs - Math.max(climbedMs, descendedMs) >= settleMs;
  const wanted = Math.max(needed, isStuck ? Math.min(top, rung + 1) : 0);
  if (wanted > rung) {
    const hasFailed = nowMs - descendedMs < FAILED_WITHIN * position.holdMs;
    return {
      ...position,
      rung: wanted,
      calmSinceMs: null,
      climbedMs: nowMs,
      holdMs: hasFailed ? Math.min(maxHoldMs, 2 * position.holdMs) : position.holdMs,
    };
  }

  const hasStood = climbedMs < descendedMs && nowMs - descendedMs >= FAILED_WITHIN * position.holdMs;
  const stands = hasStood ? { ...position, holdMs } : position;
  const below = ladder[rung - 1];
  if (below === undefined || demand.crowded || utilisation(below, demand) > comfort)
    return stands.calmSinceMs === null ? stands : { ...stands, calmSinceMs: null };
  const calmSinceMs = stands.calmSinceMs ?? nowMs;
  if (nowMs - calmSinceMs < stands.holdMs) return { ...stands, calmSinceMs };
  return { ...stands, rung: rung - 1, calmSinceMs: nowMs, descendedMs: nowMs };
}
