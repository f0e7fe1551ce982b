/** What lies under a timeline's picture: each thing that was said with its sign and for how long. */
import type { Label, RejectReason } from '../domain.ts';
import { element, text, textWidth } from './svg.ts';
import type { TimelineTotals } from './timeline.ts';

/** A sign and words, at a place in its row. */
export interface LegendEntry {
  /** Null for words alone. */
  readonly fill: string | null;
  readonly text: string;
  readonly x: number;
}

interface LegendOptions {
  readonly colours: Readonly<Record<Label, string>>;
  readonly words: Readonly<Record<RejectReason, string>>;
  /** A last, quiet remark; null for none. */
  readonly remark: string | null;
  readonly left: number;
  readonly right: number;
}

/** Rows of entries, the longest said first, labels before reasons. */
export function legendRows(totals: TimelineTotals, options: LegendOptions): readonly (readonly LegendEntry[])[] {
  const { colours, words, remark, left, right } = options;
  const entries = [
    ...byTime(totals.labelMs).map(([label, ms]) => ({ fill: colours[label], text: `${label} ${seconds(ms)}` })),
    ...byTime(totals.reasonMs).map(([reason, ms]) => ({
      fill: 'url(#hatch)',
      text: `no verdict: ${words[reason]} ${seconds(ms)}`,
    })),
    ...(remark === null ? [] : [{ fill: null, text: remark }]),
  ];
  const rows: LegendEntry[][] = [];
  let x = Infinity;
  for (const entry of entries) {
    const width = textWidth(entry.text) + 40;
    if (x + width > right) {
      rows.push([]);
      x = left;
    }
    rows.at(-1)?.push({ ...entry, x });
    x += width;
  }
  return rows;
}

/** One entry with its baseline at `y`. */
export function legendEntry({ fill, text: words, x }: LegendEntry, y: number): string {
  if (fill === null) return text({ x, y, class: 'quiet' }, words);
  return element('rect', { x, y: y - 10, width: 14, height: 12, rx: 2, fill }) + text({ x: x + 20, y }, words);
}

/** What lasted at all, the longest first. */
export function byTime<K extends string>(lastedMs: Readonly<Partial<Record<K, number>>>): readonly [K, number][] {
  const entries = Object.entries(lastedMs) as [K, number][];
  return entries.filter(([, ms]) => ms > 0).sort(([, a], [, b]) => b - a);
}

const seconds = (ms: number): string =>
  ms < 600_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
