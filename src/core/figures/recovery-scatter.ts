/** What was planted in simulated raters against what was learned about them: a plane a property. */
import { element, text } from '../svg.ts';
import { grid, type Plane, steps, xOf, yOf } from './axes.ts';
import type { Drawing } from './drawing.ts';

/** One property of the raters. */
export interface RecoveredProperty {
  readonly name: string;
  readonly planted: readonly number[];
  readonly learned: readonly number[];
  /** In words, such as `r 0.93`. */
  readonly agreement: string;
}

const SIDE = 220;
const GAP = 56;
const TOP = 70;

/**
 * A scatter plot for each property, planted to the right and learned upwards, on one scale of its own.
 * @example svgFile(recoveryScatter([{ name: 'leniency', planted, learned, agreement: 'r 0.93' }]));
 */
export function recoveryScatter(properties: readonly RecoveredProperty[]): Drawing {
  const width = GAP + properties.length * (SIDE + GAP);
  const planes = properties.map(({ name, planted, learned, agreement }, i) => {
    const left = GAP + i * (SIDE + GAP);
    const [x, y] = [range(planted), range(learned)];
    const plane: Plane = { left, right: left + SIDE, top: TOP, bottom: TOP + SIDE, x, y };
    const dots = planted.map((value, at) =>
      element('circle', { cx: xOf(plane, value), cy: yOf(plane, learned[at] ?? 0), r: 3, class: 'after' }),
    );
    return [
      text({ x: left, y: TOP - 12 }, `${name}, ${agreement}`),
      grid(plane, ticks(x), ticks(y)),
      ...dots,
      text({ x: left + SIDE / 2, y: TOP + SIDE + 38, class: 'quiet', 'text-anchor': 'middle' }, 'planted'),
    ].join('');
  });
  const title = 'Raters: planted and learned';
  return {
    title,
    description: properties.map(({ name, agreement }) => `${name}: ${agreement}`).join('; '),
    width,
    height: TOP + SIDE + 52,
    content: text({ x: 12, y: 22, class: 'title' }, title) + planes.join(''),
  };
}

/** A range that holds all values, with a little room. */
function range(values: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.01, (high - low) * 0.05);
  return [low - room, high + room];
}

function ticks([low, high]: readonly [number, number]) {
  const step = [0.05, 0.1, 0.2, 0.5, 1].find((size) => (high - low) / size <= 6) ?? 2;
  return { values: steps(low, high, step), words: (value: number) => value.toFixed(step < 0.1 ? 2 : 1) };
}
