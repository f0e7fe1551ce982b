/** A plane with two linear axes, their grid and their words. */
import { decimal, element, text } from '../svg.ts';

/** A place for a plot: px of its edges, and the values that they stand for. */
export interface Plane {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Values at the left and right edge. */
  readonly x: readonly [number, number];
  /** Values at the bottom and top edge. */
  readonly y: readonly [number, number];
}

/** Px of a value along x. */
export function xOf({ left, right, x: [from, to] }: Plane, value: number): number {
  return left + ((value - from) / (to - from)) * (right - left);
}

/** Px of a value along y. */
export function yOf({ top, bottom, y: [from, to] }: Plane, value: number): number {
  return bottom - ((value - from) / (to - from)) * (bottom - top);
}

/** Where an axis has its lines, and how they are worded. */
export interface Ticks {
  readonly values: readonly number[];
  readonly words: (value: number) => string;
}

/** Grid lines with their values: those of y to the left, those of x `below` px under the plane. */
export function grid(plane: Plane, x: Ticks, y: Ticks, below = 18): string {
  const rows = y.values.map(
    (value) =>
      element('line', {
        x1: plane.left,
        x2: plane.right,
        y1: yOf(plane, value),
        y2: yOf(plane, value),
        class: 'grid',
      }) + text({ x: plane.left - 8, y: yOf(plane, value) + 4, class: 'quiet', 'text-anchor': 'end' }, y.words(value)),
  );
  const columns = x.values.map(
    (value) =>
      element('line', {
        x1: xOf(plane, value),
        x2: xOf(plane, value),
        y1: plane.top,
        y2: plane.bottom,
        class: 'grid',
      }) +
      text({ x: xOf(plane, value), y: plane.bottom + below, class: 'quiet', 'text-anchor': 'middle' }, x.words(value)),
  );
  return rows.join('') + columns.join('');
}

/** A line through values; empty for fewer than two. */
export function linePath(plane: Plane, points: readonly { readonly x: number; readonly y: number }[]): string {
  if (points.length < 2) return '';
  return `M${points.map(({ x, y }) => `${decimal(xOf(plane, x))} ${decimal(yOf(plane, y))}`).join('L')}`;
}

/** Round values from `from` to `to`, `step` apart, both ends included where they are on a step. */
export function steps(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}
