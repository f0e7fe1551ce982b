/**
 * What a chart draws of a participant's verdicts, as plain data: a line a label, hatched spans where there was no
 * verdict, marks where a segment began. A verdict stands at the end of its window.
 */
import { LABELS } from '../../src/core/labels.ts';
import type { SegmentJson, VerdictJson, VerdictMessage } from '../../src/protocol.ts';

/** An emotion that raters may choose. */
export type Label = (typeof LABELS)[number];

/** A label whose probability stays below this all over the chart is not drawn. */
export const FLOOR = 0.15;

/** A stretch of time. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How the server cuts time; from its answer to `hello`. */
export interface Cadence {
  readonly windowMs: number;
  readonly hopMs: number;
}

/** Time without a verdict, and why. */
export interface Rejection extends Stretch {
  readonly reason: NonNullable<VerdictJson['reason']>;
}

/** The start of a segment, on the line of its leading label. */
export interface Mark {
  readonly atMs: number;
  readonly label: Label;
  readonly probability: number;
}

/** An attribute over time, on [-1, 1], null where nothing was judged. */
export interface Band {
  readonly mean: readonly (number | null)[];
  /** Between these ends lie the scores of 90 % of raters. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** All that a chart draws. */
export interface Trace {
  /** Ends of the windows, ms, ascending. */
  readonly times: readonly number[];
  /** By label: its probability at each of `times`, null where nothing was judged. Only labels that reach `FLOOR`. */
  readonly lines: ReadonlyMap<Label, readonly (number | null)[]>;
  /** At each of `times`. */
  readonly valence: Band;
  /** Disjoint, ascending. */
  readonly rejections: readonly Rejection[];
  readonly marks: readonly Mark[];
  /** What labels must be above to be said, by the latest verdict on anything; null: as the pack has it. */
  readonly thresholds: Readonly<Partial<Record<Label, number>>> | null;
}

/**
 * Trace what lies in `stretch`, and one verdict to either side so that lines reach its edges. Where verdicts are more
 * than three hops apart nothing is known, and the lines break; but the hop of a busy host grows to as much as a window, and
 * windows whose numbers follow each other so closely miss nothing.
 */
export function traceOf(
  verdicts: readonly VerdictMessage[],
  segments: readonly SegmentJson[],
  stretch: Stretch,
  cadence: Cadence,
): Trace {
  const shown = within(verdicts, stretch);
  const points = withGaps(shown, cadence);
  const columns = LABELS.map((label) => [label, points.map(({ of }) => of?.probabilities[label] ?? null)] as const);
  const lines = new Map(columns.filter(([, values]) => values.some((value) => value !== null && value >= FLOOR)));
  const times = points.map(({ atMs }) => atMs);
  const marks = segments.flatMap((segment) => markOf(segment, stretch, times, lines));
  const valence = (end: keyof Band) => points.map(({ of }) => of?.perception?.attributes.valence[end] ?? null);
  const band = { mean: valence('mean'), low: valence('low'), high: valence('high') };
  const thresholds = shown.findLast(({ verdict }) => verdict.uncertainty !== null)?.verdict.thresholds ?? null;
  return { times, lines, valence: band, rejections: rejectionsOf(shown, cadence), marks, thresholds };
}

/** The value of a line at an instant, between the points by interpolation; null where the line is broken. */
export function valueAt(times: readonly number[], values: readonly (number | null)[], atMs: number): number | null {
  const right = times.findIndex((time) => time >= atMs);
  const [time1, value1] = [times[right], values[right]];
  if (time1 === atMs) return value1 ?? null;
  const [time0, value0] = [times[right - 1], values[right - 1]];
  if (time0 === undefined || time1 === undefined || typeof value0 !== 'number' || typeof value1 !== 'number')
    return null;
  return value0 + ((value1 - value0) * (atMs - time0)) / (time1 - time0);
}

function within(verdicts: readonly VerdictMessage[], { fromMs, toMs }: Stretch): VerdictMessage[] {
  const first = verdicts.findIndex(({ verdict: { endMs } }) => endMs >= fromMs);
  if (first === -1) return [];
  const after = verdicts.findIndex(({ verdict: { endMs } }) => endMs > toMs);
  return verdicts.slice(Math.max(0, first - 1), after === -1 ? undefined : after + 1);
}

/** How far apart two verdicts may be, ms, with nothing unknown between them. */
function reachOf(before: VerdictMessage | undefined, { seq }: VerdictMessage, { windowMs, hopMs }: Cadence): number {
  return seq - 1 === before?.seq ? Math.max(3 * hopMs, 1.5 * windowMs) : 3 * hopMs;
}

interface TracePoint {
  readonly atMs: number;
  readonly of: VerdictJson | null;
}

function withGaps(verdicts: readonly VerdictMessage[], cadence: Cadence): TracePoint[] {
  return verdicts.flatMap((message, i) => {
    const { verdict } = message;
    const before = verdicts[i - 1];
    const point = { atMs: verdict.endMs, of: verdict };
    if (before === undefined || verdict.endMs - before.verdict.endMs <= reachOf(before, message, cadence))
      return [point];
    return [{ atMs: (before.verdict.endMs + verdict.endMs) / 2, of: null }, point];
  });
}

function rejectionsOf(verdicts: readonly VerdictMessage[], cadence: Cadence): Rejection[] {
  const spans: Rejection[] = [];
  verdicts.forEach((message, i) => {
    const { endMs, reason } = message.verdict;
    if (reason === null) return;
    const before = verdicts[i - 1];
    const fromMs = Math.max(endMs - reachOf(before, message, cadence), before?.verdict.endMs ?? endMs - cadence.hopMs);
    const last = spans.at(-1);
    if (last?.reason === reason && last.toMs === fromMs) spans[spans.length - 1] = { ...last, toMs: endMs };
    else spans.push({ fromMs, toMs: endMs, reason });
  });
  return spans;
}

/** A segment's mark stands at its first verdict: the first whose window ended after the segment began. */
function markOf(segment: SegmentJson, { fromMs, toMs }: Stretch, times: Trace['times'], lines: Trace['lines']): Mark[] {
  const [label] = segment.labels;
  const line = label === undefined ? undefined : lines.get(label);
  if (label === undefined || line === undefined || segment.startMs < fromMs) return [];
  const first = times.findIndex((time, i) => time > segment.startMs && typeof line[i] === 'number');
  const [atMs, probability] = [times[first], line[first]];
  if (atMs === undefined || atMs > toMs || typeof probability !== 'number') return [];
  return [{ atMs, label, probability }];
}
