/** Confusion: which label is predicted first where raters chose which first. */
import type { Matrix } from '../metrics/matrix.ts';
import { element, escapeXml, text } from '../svg.ts';
import type { Drawing } from './drawing.ts';

/** What the figure is of. */
export interface ConfusionOptions {
  readonly labels: readonly string[];
  /** Default 'Confusion'. */
  readonly title?: string;
}

const WIDTH = 360;
const LEFT = 84;
const RIGHT = 312;
const TOP = 124;
/** Shade of a whole row in one cell; words stay readable on it in both schemes. */
const FULL = 0.8;

/**
 * A heat map of row shares in percent, with each row's clips at its end.
 * @param counts clips, [raters' first][predicted first].
 * @example svgFile(confusionMatrix([[8, 2], [1, 9]], { labels: ['neutral', 'fear'] }));
 */
export function confusionMatrix(counts: Matrix, { labels, title = 'Confusion' }: ConfusionOptions): Drawing {
  const size = Math.min(40, (RIGHT - LEFT) / Math.max(1, labels.length));
  const middle = (index: number) => (index + 0.5) * size;
  const rows = labels.map((label, row) => {
    const cells = labels.map((_, column) => counts[row]?.[column] ?? 0);
    const clips = cells.reduce((sum, n) => sum + n, 0);
    const y = TOP + middle(row) + 4;
    return [
      text({ x: LEFT - 8, y, 'text-anchor': 'end' }, label),
      ...cells.map((n, column) => cell({ n, clips, row, column, size, labels })),
      text({ x: WIDTH - 8, y, class: 'quiet', 'text-anchor': 'end' }, String(clips)),
    ].join('');
  });
  const right = LEFT + labels.length * size;
  const heads = labels.map((label, column) =>
    text({ transform: `translate(${LEFT + middle(column) + 4} ${TOP - 8}) rotate(-45)` }, label),
  );
  const total = counts.flat().reduce((sum, n) => sum + n, 0);
  const hits = labels.reduce((sum, _, i) => sum + (counts[i]?.[i] ?? 0), 0);
  return {
    title,
    description: `Share of each row, raters' first label, by predicted first label. ${hits} of ${total} on the diagonal. ${labels
      .map((label, row) => `${label}: ${percent(counts[row]?.[row] ?? 0, sum(counts[row]))} % recalled`)
      .join(', ')}.`,
    width: WIDTH,
    height: TOP + labels.length * size + 12,
    content: [
      text({ x: 12, y: 22, class: 'title' }, title),
      text({ x: 12, y: 42, class: 'quiet' }, 'raters’ first by row, predicted by column, % of row'),
      ...heads,
      text({ x: WIDTH - 8, y: TOP - 8, class: 'quiet', 'text-anchor': 'end' }, 'n'),
      element('rect', { x: LEFT, y: TOP, width: right - LEFT, height: right - LEFT, class: 'well' }),
      ...rows,
    ].join(''),
  };
}

interface Cell {
  readonly n: number;
  readonly clips: number;
  readonly row: number;
  readonly column: number;
  readonly size: number;
  readonly labels: readonly string[];
}

function cell({ n, clips, row, column, size, labels }: Cell): string {
  if (n === 0) return '';
  const [x, y] = [LEFT + column * size, TOP + row * size];
  const about = `raters ${labels[row] ?? ''}, predicted ${labels[column] ?? ''}: ${n} of ${clips}`;
  return (
    element(
      'rect',
      { x: x + 0.5, y: y + 0.5, width: size - 1, height: size - 1, class: 'heat', 'fill-opacity': (FULL * n) / clips },
      element('title', {}, escapeXml(about)),
    ) +
    text({ x: x + size / 2, y: y + size / 2 + 4, 'text-anchor': 'middle', 'pointer-events': 'none' }, percent(n, clips))
  );
}

const sum = (row: readonly number[] | undefined): number => (row ?? []).reduce((total, n) => total + n, 0);

const percent = (n: number, of: number): string => (of === 0 ? '0' : String(Math.round((100 * n) / of)));
