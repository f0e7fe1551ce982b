/**
 * What judging a window costs here and now, from what workers say they worked. Windows go in batches: a worker that takes
 * sixteen in the time of one can do sixteen times as much, but only sizes that were tried say so.
 */
import type { WindowWork } from '../../domain.ts';

/** What is known of costs; start from `NO_COST`. */
export interface CostState {
  /** The sums at the last reading; null before the first. */
  readonly last: { readonly atMs: number; readonly work: WindowWork } | null;
  /** Recent batches by class of size: class i holds sizes above 2^(i-1) up to 2^i. Weights fade with time. */
  readonly classes: readonly Tally[];
  /** Recent share of the workers' time that other calls took. */
  readonly otherShare: number;
}

/** What follows for planning. */
export interface Cost {
  /** At the best batch that is proven; null before the first batch. */
  readonly secondsPerWindow: number | null;
  /** The same, if a batch that is still to be tried saves as much again as the last larger one did. */
  readonly hopedSeconds: number | null;
  /** Share of the workers' time that other calls take, as far as they may claim it: 0 to 0.5. */
  readonly otherShare: number;
  /** Windows that may go together in a batch: the best size, or one that is worth trying. */
  readonly batch: number;
  /** Whether that size is still to be tried. */
  readonly isTrial: boolean;
  /** Workers that judge windows, at least 1: one that is lost is being started again. */
  readonly workers: number;
}

interface Tally {
  readonly batches: number;
  readonly windows: number;
  readonly seconds: number;
  readonly seenMs: number;
}

/** Nothing known yet. */
export const NO_COST: CostState = { last: null, classes: [], otherShare: 0 };

/** Time in which a measurement loses half of its weight, ms. */
const HALF_LIFE_MS = 10_000;
/** A size that was not run for so long, while others were, is forgotten: the host may have changed, ms. */
const FORGET_MS = 600_000;
/** Batches, by weight, that prove what a size costs; what has more fades to no less. */
const PROOF = 2;
const FADES_TO = 2.5;
/** A larger batch must be cheaper by this factor for each window to be sought. */
const BETTER = 0.8;
/** The largest batch that is tried where workers do not say what they take. */
const LARGEST = 16;
/**
 * Looks at faces and for speech skip by themselves when workers are busy, so they would fill any worker: no more than this
 * share of its time is reserved for them before windows are made fewer.
 */
const OTHERS_AT_MOST = 0.5;

/** Take a reading of the workers' sums. Sums that shrank are of workers that were started anew: they begin a new count. */
export function readCost(state: CostState, work: WindowWork, atMs: number): CostState {
  const { last } = state;
  if (last === null || hasShrunk(last.work, work)) return { ...state, last: { atMs, work } };
  const elapsedMs = atMs - last.atMs;
  if (elapsedMs <= 0) return state;
  const fade = 2 ** (-elapsedMs / HALF_LIFE_MS);
  const classes: Tally[] = state.classes.map((tally) => faded(tally, fade));
  for (const { size, count, seconds } of work.batches) {
    const before = last.work.batches.find((batch) => batch.size === size) ?? { count: 0, seconds: 0 };
    if (count === before.count) continue;
    const i = Math.ceil(Math.log2(size));
    while (classes.length <= i) classes.push(NOTHING);
    const tally = classes[i] ?? NOTHING;
    classes[i] = {
      batches: tally.batches + count - before.count,
      windows: tally.windows + (count - before.count) * size,
      seconds: tally.seconds + seconds - before.seconds,
      seenMs: atMs,
    };
  }
  const newestMs = Math.max(...classes.map(({ seenMs }) => seenMs));
  const busy = (work.otherSeconds - last.work.otherSeconds) / ((elapsedMs / 1000) * Math.max(1, work.workers));
  return {
    last: { atMs, work },
    classes: classes.map((tally) => (newestMs - tally.seenMs > FORGET_MS ? NOTHING : tally)),
    otherShare: state.otherShare * fade + Math.min(1, busy) * (1 - fade),
  };
}

/** What a window costs by all that was read. */
export function costOf({ classes, last, otherShare }: CostState): Cost {
  const rest = { otherShare: Math.min(OTHERS_AT_MOST, otherShare), workers: Math.max(1, last?.work.workers ?? 1) };
  const proven = classes.flatMap((tally, i) => (tally.batches >= PROOF ? [{ size: 2 ** i, each: each(tally) }] : []));
  const [first, ...larger] = proven;
  if (first === undefined) {
    const all = classes.reduce(plus, NOTHING);
    const mean = all.windows === 0 ? null : each(all);
    return { ...rest, secondsPerWindow: mean, hopedSeconds: mean, batch: 1, isTrial: false };
  }
  let best = first;
  let saved = 1;
  for (const next of larger) {
    if (next.each > BETTER * best.each) continue;
    saved = next.each / best.each;
    best = next;
  }
  const isTrial = best === proven.at(-1) && 2 * best.size <= (last?.work.largest ?? LARGEST);
  const secondsPerWindow = Math.min(...proven.map((tally) => tally.each));
  const hopedSeconds = isTrial ? best.each * saved : secondsPerWindow;
  return { ...rest, secondsPerWindow, hopedSeconds, batch: isTrial ? 2 * best.size : best.size, isTrial };
}

const NOTHING: Tally = { batches: 0, windows: 0, seconds: 0, seenMs: -Infinity };

const each = ({ seconds, windows }: Tally): number => seconds / windows;

/** The mean stays, its weight fades; some of it is kept, so that the last word on a size is not lost. */
function faded(tally: Tally, fade: number): Tally {
  if (tally.batches === 0) return tally;
  const keep = Math.max(fade, Math.min(1, FADES_TO / tally.batches));
  return { ...tally, batches: tally.batches * keep, windows: tally.windows * keep, seconds: tally.seconds * keep };
}

function plus(a: Tally, b: Tally): Tally {
  return {
    batches: a.batches + b.batches,
    windows: a.windows + b.windows,
    seconds: a.seconds + b.seconds,
    seenMs: Math.max(a.seenMs, b.seenMs),
  };
}

function hasShrunk(before: WindowWork, after: WindowWork): boolean {
  const count = ({ batches }: WindowWork) => batches.reduce((sum, batch) => sum + batch.count, 0);
  return count(after) < count(before) || after.otherSeconds < before.otherSeconds;
}
