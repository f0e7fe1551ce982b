/**
 * The load ladder: what a host does less of, rung by rung, when it cannot keep up. First windows are cut less often, until
 * they no longer overlap; then only some of them are judged. Everybody stands on the same rung, each at a turn of their own.
 */

/** How often windows are cut and judged. */
export interface Rung {
  /** A window is cut every this many configured hops. */
  readonly stride: number;
  /** Of those, one in this many is judged; the others are rejected as `overload` without inference. */
  readonly oneIn: number;
}

/** One participant's place in the rhythm of a rung. */
export interface Turn extends Rung {
  /** Which of the `stride x oneIn` hops is theirs, from 0. */
  readonly offset: number;
}

/** All that is configured of a ladder. */
export interface LadderOptions {
  /** The configured hop, ms. */
  readonly hopMs: number;
  /** The longest hop, ms; not less than `hopMs`. */
  readonly maxHopMs: number;
  /** The least share of windows that is judged is one in this many, a power of two. Default 64. */
  readonly maxOneIn?: number;
}

/**
 * The rungs, from the configured hop on. Each does at least half of what the one before does.
 * @example ladderOf({ hopMs: 500, maxHopMs: 3000 }); // strides 1, 2, 3, 4, 6; then stride 6 and one in 2, 4, 8, ... 64
 */
export function ladderOf({ hopMs, maxHopMs, maxOneIn = 64 }: LadderOptions): readonly Rung[] {
  const longest = Math.max(1, Math.floor(maxHopMs / hopMs));
  const strides: number[] = [];
  // 1, 2, 3, 4, 6, 8, 12, 16, ...: finer steps would not be worth a change of rhythm.
  for (let two = 1; two < longest; two *= 2) strides.push(...[two, two * 1.5].filter(Number.isInteger));
  const hops = [...strides.filter((stride) => stride < longest), longest];
  const shares: Rung[] = [];
  for (let oneIn = 2; oneIn <= maxOneIn; oneIn *= 2) shares.push({ stride: longest, oneIn });
  return [...hops.map((stride) => ({ stride, oneIn: 1 })), ...shares];
}

/** Windows judged on a rung, of those that the configured hop would make: (0, 1]. */
export function shareOn({ stride, oneIn }: Rung): number {
  return 1 / (stride * oneIn);
}

/**
 * The turn of the participant in seat `seat` (0, 1, 2, ...) on a rung. Turns of the first n seats are spread over the rhythm
 * as evenly as can be when n is not known beforehand (van der Corput's sequence), so that work comes steadily and nobody
 * always meets a busy worker. For a seat they depend on nothing but the rung: others come and go without a change of rhythm.
 */
export function turnOf(seat: number, rung: Rung): Turn {
  return { ...rung, offset: Math.floor(radicalInverse(seat) * rung.stride * rung.oneIn) };
}

/** The number of the hop in which a window begins, counted on the clock: participants' numbers agree to one hop. */
export function hopNumber(startMs: number, hopMs: number): number {
  return Math.floor(startMs / hopMs);
}

/** The first hop at `hop` or later in which a window is cut. */
export function nextCut(hop: number, { stride, offset }: Turn): number {
  return hop + modulo(offset - hop, stride);
}

/** Whether the window that begins in `hop` is judged: of every `stride x oneIn` hops in a row, one. */
export function isTurn(hop: number, { stride, oneIn, offset }: Turn): boolean {
  return modulo(hop - offset, stride * oneIn) === 0;
}

/** The binary digits of `n` mirrored at the point, 0 <= n < 2^31. In [0, 1). */
function radicalInverse(n: number): number {
  let inverse = 0;
  for (let rest = n, digit = 0.5; rest > 0; rest = Math.floor(rest / 2), digit /= 2) inverse += (rest % 2) * digit;
  return inverse;
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}
