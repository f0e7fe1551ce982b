/**
 * Verdicts into segments, with hysteresis: a change must hold for some windows before a new segment begins, so that one
 * odd window does not cut a steady stretch in two.
 */
import type { Label, PerLabel, Segment, Verdict } from '../domain.ts';

export interface SegmentOptions {
  /** Windows in a row that must agree on something new before a segment begins. Default 3. */
  readonly confirm?: number;
  /**
   * Windows skipped for want of time say nothing: for so long the segment goes on over them, and what was held is still held.
   * After it they are a segment of their own, ms. Default 15 000.
   */
  readonly patienceMs?: number;
  /** A segment as long as this is closed, and what it says goes on as another, ms. Default Infinity. */
  readonly maxMs?: number;
}

/** Where the segmentation of one participant stands; start from `NO_SEGMENT`. */
export interface SegmentState {
  readonly open: Tally | null;
  /** Latest verdicts, when they differ from the open segment and agree with one another. */
  readonly candidate: Tally | null;
  /** Index of the next segment. */
  readonly next: number;
  /** End of the latest window. */
  readonly lastEndMs: number;
  /** End of the latest window that was not skipped. */
  readonly judgedEndMs: number;
}

interface Tally {
  readonly key: string;
  readonly verdict: Verdict;
  readonly startMs: number;
  readonly endMs: number;
  readonly windows: number;
  readonly sums: PerLabel;
  /** Windows in which the label had a probability. */
  readonly counts: PerLabel;
}

/** Before the first verdict. */
export const NO_SEGMENT: SegmentState = {
  open: null,
  candidate: null,
  next: 0,
  lastEndMs: -Infinity,
  judgedEndMs: -Infinity,
};

/** What windows say that were skipped. */
const SKIPPED = '!overload';

/**
 * Take one verdict, in the order of windows.
 *
 * What a segment says is its set of labels (in any order) or its reason. Windows overlap, so a verdict speaks for the time
 * since the end of the window before it; segments tile time without overlap. A verdict that says the same as the open
 * segment extends it, over the strays before it. A different one is held; after `confirm` in a row that say the same,
 * the open segment closes where they began and they become the new one. One that has become `maxMs` long closes with the
 * verdict that made it so; the next one, whatever the next verdict says, begins where it ended.
 *
 * A window that a busy host skipped is no word against the open segment, nor for it: on a host that judges one window in four
 * the judged ones make the segments. Where skipped windows are a segment, the first that is judged begins another.
 *
 * @returns the new state and the segments that changed, closed before opened.
 */
export function segment(
  state: SegmentState,
  verdict: Verdict,
  { confirm = 3, patienceMs = 15_000, maxMs = Infinity }: SegmentOptions = {},
): readonly [SegmentState, readonly Segment[]] {
  const key = keyOf(verdict);
  const isSkipped = key === SKIPPED;
  const seen = { ...state, lastEndMs: verdict.endMs, ...(!isSkipped && { judgedEndMs: verdict.endMs }) };
  const goesOn = isSkipped && state.open?.key !== SKIPPED && state.candidate?.key !== SKIPPED;
  if (goesOn && verdict.endMs - state.judgedEndMs <= patienceMs) return [seen, []];
  if (state.open?.key === key) {
    const open = add(state.open, verdict);
    if (open.endMs - open.startMs >= maxMs)
      return [{ ...seen, open: null, candidate: null }, [publish(open, state.next - 1, false)]];
    return [{ ...seen, open, candidate: null }, [publish(open, state.next - 1, true)]];
  }
  // What was waited over belongs to what came of it.
  const isLate = goesOn && state.open !== null;
  const startMs = isLate ? state.judgedEndMs : Math.max(verdict.startMs, state.lastEndMs);
  const begun = { key, verdict, startMs, endMs: startMs, windows: 0, sums: {}, counts: {} };
  const candidate = add(state.candidate?.key === key ? state.candidate : begun, verdict);
  if (state.open === null) return [open(seen, candidate), [publish(candidate, state.next, true)]];
  if (candidate.windows < (state.open.key === SKIPPED ? 1 : confirm)) return [{ ...seen, candidate }, []];
  const closed = publish({ ...state.open, endMs: candidate.startMs }, state.next - 1, false);
  return [open(seen, candidate), [closed, publish(candidate, state.next, true)]];
}

/** Close what is open, because the participant has left. */
export function endSegments(state: SegmentState): readonly [SegmentState, readonly Segment[]] {
  if (state.open === null) return [state, []];
  return [{ ...state, open: null, candidate: null }, [publish(state.open, state.next - 1, false)]];
}

function open(state: SegmentState, candidate: Tally): SegmentState {
  return { ...state, open: candidate, candidate: null, next: state.next + 1 };
}

function keyOf(verdict: Verdict): string {
  return verdict.status === 'accepted' ? [...verdict.labels].sort().join('+') : `!${verdict.reason}`;
}

function add(tally: Tally, verdict: Verdict): Tally {
  const sums = { ...tally.sums };
  const counts = { ...tally.counts };
  for (const [label, p] of Object.entries(verdict.probabilities) as [Label, number][]) {
    sums[label] = (sums[label] ?? 0) + p;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return { ...tally, endMs: verdict.endMs, windows: tally.windows + 1, sums, counts };
}

function publish(tally: Tally, index: number, isOpen: boolean): Segment {
  const labels = Object.keys(tally.sums) as Label[];
  return {
    index,
    startMs: tally.startMs,
    endMs: tally.endMs,
    status: tally.verdict.status,
    labels: tally.verdict.labels,
    reason: tally.verdict.reason,
    probabilities: Object.fromEntries(labels.map((l) => [l, (tally.sums[l] ?? 0) / (tally.counts[l] ?? 1)])),
    windows: tally.windows,
    open: isOpen,
  };
}
