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
 * than three hops apart nothing is known, and the lines break.
 */
export function traceOf(
  verdicts: readonly VerdictMessage[],
  segments: readonly SegmentJson[],
  stretch: Stretch,
  cadence: Cadence,
): Trace {
  const shown = within(verdicts, stretch);
  const points = withGaps(shown, 3 * cadence.hopMs);
  const columns = LABELS.map((label) => [label, points.map(({ of }) => of?.probabilities[label] ?? null)] as const);
  const lines = new Map(columns.filter(([, values]) => values.some((value) => value !== null && value >= FLOOR)));
  const times = points.map(({ atMs }) => atMs);
  const marks = segments.flatMap((segment) => markOf(segment, stretch, times, lines));
  const valence = (end: keyof Band) => points.map(({ of }) => of?.perception?.attributes.valence[end] ?? null);
  const band = { mean: valence('mean'), low: valence('low'), high: valence('high') };
  const thresholds = shown.findLast(({ uncertainty }) => uncertainty !== null)?.thresholds ?? null;
  return { times, lines, valence: band, rejections: rejectionsOf(shown, cadence.hopMs), marks, thresholds };
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

function within(verdicts: readonly VerdictMessage[], { fromMs, toMs }: Stretch): VerdictJson[] {
  const inside = verdicts.map(({ verdict }) => verdict);
  const first = inside.findIndex(({ endMs }) => endMs >= fromMs);
  if (first === -1) return [];
  const after = inside.findIndex(({ endMs }) => endMs > toMs);
  return inside.slice(Math.max(0, first - 1), after === -1 ? undefined : after + 1);
}

interface TracePoint {
  readonly atMs: number;
  readonly of: VerdictJson | null;
}

function withGaps(verdicts: readonly VerdictJson[], gapMs: number): TracePoint[] {
  return verdicts.flatMap((verdict, i) => {
    const before = verdicts[i - 1];
    const point = { atMs: verdict.endMs, of: verdict };
    if (before === undefined || verdict.endMs - before.endMs <= gapMs) return [point];
    return [{ atMs: (before.endMs + verdict.endMs) / 2, of: null }, point];
  });
}

function rejectionsOf(verdicts: readonly VerdictJson[], hopMs: number): Rejection[] {
  const spans: Rejection[] = [];
  verdicts.forEach(({ endMs, reason }, i) => {
    if (reason === null) return;
    const fromMs = Math.max(endMs - 3 * hopMs, verdicts[i - 1]?.endMs ?? endMs - hopMs);
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
