/** One number for each label, with how far it may be off. */
import { element, escapeXml, text } from '../svg.ts';
import { type Plane, xOf } from './axes.ts';
import type { Drawing } from './drawing.ts';

/** A label's bar. */
export interface LabelBar {
  readonly label: string;
  /** Null where it cannot be measured: no bar, and a dash. */
  readonly value: number | null;
  /** Ends of the interval. */
  readonly interval?: readonly [number, number];
  readonly colour: string;
}

/** Words and scale of the figure. */
export interface LabelBarsOptions {
  readonly title: string;
  readonly subtitle: string;
  /** Value at the right edge. Default 1. */
  readonly most?: number;
  /** Digits after the point. Default 2. */
  readonly digits?: number;
}

const WIDTH = 360;
const ROW = 26;
const TOP = 60;

/**
 * Bars from 0 with whiskers over their intervals, named to the left and numbered to the right.
 * @example svgFile(labelBars([{ label: 'fear', value: 0.4, interval: [0.3, 0.5], colour: '#cc79a7' }], { title, subtitle }));
 */
export function labelBars(bars: readonly LabelBar[], options: LabelBarsOptions): Drawing {
  const { title, subtitle, most = 1, digits = 2 } = options;
  const bottom = TOP + bars.length * ROW;
  const plane: Plane = { left: 84, right: 304, top: TOP, bottom, x: [0, most], y: [0, 1] };
  const shown = (value: number | null) => value?.toFixed(digits) ?? '–';
  const ticks = [0, most / 2, most].map(
    (value) =>
      element('line', { x1: xOf(plane, value), x2: xOf(plane, value), y1: TOP, y2: bottom, class: 'grid' }) +
      text({ x: xOf(plane, value), y: bottom + 18, class: 'quiet', 'text-anchor': 'middle' }, tick(value)),
  );
  const rows = bars.map((bar, index) => {
    const y = TOP + (index + 0.5) * ROW;
    return [
      text({ x: plane.left - 8, y: y + 4, 'text-anchor': 'end' }, bar.label),
      drawn(plane, y, bar),
      text({ x: WIDTH - 8, y: y + 4, 'text-anchor': 'end' }, shown(bar.value)),
    ].join('');
  });
  return {
    title,
    description: `${subtitle}: ${bars.map(({ label, value }) => `${label} ${shown(value)}`).join(', ')}.`,
    width: WIDTH,
    height: bottom + 28,
    content: [
      text({ x: 12, y: 22, class: 'title' }, title),
      text({ x: 12, y: 42, class: 'quiet' }, subtitle),
      ...ticks,
      ...rows,
    ].join(''),
  };
}

function drawn(plane: Plane, y: number, { label, value, interval, colour }: LabelBar): string {
  if (value === null) return '';
  const at = (number: number) => xOf(plane, Math.min(plane.x[1], Math.max(0, number)));
  const about = `${label} ${value.toFixed(3)}${interval ? `, 95 % ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : ''}`;
  const bar = element(
    'rect',
    { x: plane.left, width: Math.max(1, at(value) - plane.left), y: y - 7, height: 14, rx: 2, fill: colour },
    element('title', {}, escapeXml(about)),
  );
  if (interval === undefined) return bar;
  const [low, high] = interval.map(at);
  const line = { x1: low ?? 0, x2: high ?? 0, y1: y, y2: y };
  const end = (x = 0) => element('line', { x1: x, x2: x, y1: y - 4, y2: y + 4, class: 'whisker' });
  return (
    bar +
    element('line', { ...line, class: 'halo' }) +
    element('line', { ...line, class: 'whisker' }) +
    end(low) +
    end(high)
  );
}

const tick = (value: number): string => String(Math.round(value * 1000) / 1000);
