/** The verdicts of a whole recording, condensed for a summary and a picture whatever its length. */
import type { Label, PerLabel, RejectReason, Verdict } from '../domain.ts';
import { LABELS } from './labels.ts';

export interface TimelineOptions {
  /** Distance between two windows, ms. */
  readonly hopMs: number;
  /** Points at most; when there would be more, each two neighbours become one. Default 1024. */
  readonly maxPoints?: number;
}

/** A stretch of time and what was said of it. The points of a timeline tile it without gaps. */
export interface TimelinePoint {
  readonly startMs: number;
  readonly endMs: number;
  /** Mean over the windows that had them. */
  readonly probabilities: PerLabel;
  /** What most of the windows said: labels present, most probable first, or the reason. */
  readonly labels: readonly Label[];
  readonly reason: RejectReason | null;
}

/** How long each thing was said. The parts of `acceptedMs` may overlap: several labels can be present at once. */
export interface TimelineTotals {
  readonly windows: number;
  readonly accepted: number;
  readonly totalMs: number;
  readonly acceptedMs: number;
  readonly labelMs: PerLabel;
  readonly reasonMs: Readonly<Partial<Record<RejectReason, number>>>;
}

/** Takes verdicts in order; bounded by `maxPoints`. */
export interface Timeline {
  add(verdict: Verdict): void;
  /** The recording ended here: the last window speaks for the rest. */
  end(endMs: number): void;
  points(): readonly TimelinePoint[];
  totals(): TimelineTotals;
}

interface Cell {
  startMs: number;
  endMs: number;
  readonly sums: Map<Label, { sum: number; count: number }>;
  /** What was said, and for how long. */
  readonly said: Map<string, { readonly verdict: Pick<Verdict, 'labels' | 'reason'>; ms: number }>;
}

/**
 * Begin a timeline at 0. A window speaks for the hop around its middle; the first one also for what lies before, the last
 * one for what comes after.
 * @example
 * const timeline = createTimeline({ hopMs: 500 });
 * for (const verdict of verdicts) timeline.add(verdict);
 * timeline.totals().labelMs.happiness; // ms
 */
export function createTimeline({ hopMs, maxPoints = 1024 }: TimelineOptions): Timeline {
  let cells: Cell[] = [];
  let windows = 0;
  let accepted = 0;

  return {
    add(verdict) {
      windows++;
      if (verdict.status === 'accepted') accepted++;
      const startMs = cells.at(-1)?.endMs ?? 0;
      const endMs = Math.max(startMs, (verdict.startMs + verdict.endMs + hopMs) / 2);
      cells.push(cellOf(verdict, startMs, endMs));
      if (cells.length > maxPoints) cells = halved(cells);
    },
    end(endMs) {
      const last = cells.at(-1);
      if (last === undefined || last.said.size === 0) return;
      const [said] = [...last.said.values()].slice(-1);
      if (said !== undefined) said.ms = Math.max(0, said.ms + endMs - last.endMs);
      last.endMs = Math.max(last.startMs, endMs);
    },
    points: () => cells.map(pointOf),
    totals: () => ({ windows, accepted, ...durations(cells) }),
  };
}

function cellOf(verdict: Verdict, startMs: number, endMs: number): Cell {
  const sums = new Map<Label, { sum: number; count: number }>();
  for (const label of LABELS) {
    const probability = verdict.probabilities[label];
    if (probability !== undefined) sums.set(label, { sum: probability, count: 1 });
  }
  const { labels, reason } = verdict;
  return {
    startMs,
    endMs,
    sums,
    said: new Map([[keyOf(verdict), { verdict: { labels, reason }, ms: endMs - startMs }]]),
  };
}

function halved(cells: readonly Cell[]): Cell[] {
  return cells.flatMap((cell, index) => {
    if (index % 2 === 1) return [];
    const next = cells[index + 1];
    return [next === undefined ? cell : merged(cell, next)];
  });
}

function merged(a: Cell, b: Cell): Cell {
  const sums = new Map(a.sums);
  for (const [label, { sum, count }] of b.sums) {
    const before = sums.get(label) ?? { sum: 0, count: 0 };
    sums.set(label, { sum: before.sum + sum, count: before.count + count });
  }
  const said = new Map(a.said);
  for (const [key, { verdict, ms }] of b.said) said.set(key, { verdict, ms: (said.get(key)?.ms ?? 0) + ms });
  return { startMs: a.startMs, endMs: b.endMs, sums, said };
}

function pointOf({ startMs, endMs, sums, said }: Cell): TimelinePoint {
  const probabilities = Object.fromEntries([...sums].map(([label, { sum, count }]) => [label, sum / count]));
  const longest = [...said.values()].reduce((best, next) => (next.ms > best.ms ? next : best));
  return { startMs, endMs, probabilities, labels: longest.verdict.labels, reason: longest.verdict.reason };
}

function durations(cells: readonly Cell[]): Omit<TimelineTotals, 'windows' | 'accepted'> {
  const labelMs: Partial<Record<Label, number>> = {};
  const reasonMs: Partial<Record<RejectReason, number>> = {};
  let acceptedMs = 0;
  for (const { verdict, ms } of cells.flatMap(({ said }) => [...said.values()])) {
    for (const label of verdict.labels) labelMs[label] = (labelMs[label] ?? 0) + ms;
    if (verdict.reason === null) acceptedMs += ms;
    else reasonMs[verdict.reason] = (reasonMs[verdict.reason] ?? 0) + ms;
  }
  return { totalMs: cells.at(-1)?.endMs ?? 0, acceptedMs, labelMs, reasonMs };
}

const keyOf = ({ labels, reason }: Verdict): string => reason ?? labels.join('+');
