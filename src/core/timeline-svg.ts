/** A timeline as a picture: label probabilities over time, hatching where there was no verdict, and why. */
import type { Label, RejectReason } from '../domain.ts';
import { LABELS } from './labels.ts';
import { decimal, element, escapeXml, fold, inkOn, spread, text, textWidth } from './svg.ts';
import { SANS, SCHEME } from './svg-scheme.ts';
import { legendEntry, legendRows } from './timeline-legend.ts';
import type { Timeline, TimelinePoint } from './timeline.ts';

/** How the picture is drawn and worded. */
export interface TimelineSvgOptions {
  /** Headline, for example the file's name. */
  readonly title: string;
  /** A quieter line beside it, for example the pack. */
  readonly subtitle: string;
  readonly colours: Readonly<Record<Label, string>>;
  /** Words for reasons. */
  readonly words: Readonly<Record<RejectReason, string>>;
  /** Labels that never reach this probability are named, not drawn. Default 0.1. */
  readonly floor?: number;
}

const WIDTH = 960;
const PLOT = { left: 44, right: 832, top: 72, bottom: 312 } as const;
/** Below the plot: what was said, as a strip. */
const STRIP = { top: 320, height: 20 } as const;
const AXIS = STRIP.top + STRIP.height + 18;
const LEGEND = AXIS + 32;
const LEGEND_LINE = 20;
const MIN_GAP = 16;

const STYLE = `
${SCHEME}
text{font:12px ${SANS};fill:var(--ink);font-variant-numeric:tabular-nums}
.title{font-size:18px;font-weight:600}.quiet{fill:var(--quiet)}.grid{stroke:var(--grid)}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.doubted{opacity:.4}
.why{paint-order:stroke;stroke:var(--well);stroke-width:4px;stroke-linejoin:round}
`;

/**
 * The picture as a self-contained SVG that follows the reader's light or dark scheme. The same timeline always gives the
 * same text.
 * @example writeFileSync('verdicts.svg', timelineSvg(timeline, { title: 'talk.mp4', subtitle: pack, colours, words }));
 */
export function timelineSvg(timeline: Pick<Timeline, 'points' | 'totals'>, options: TimelineSvgOptions): string {
  const points = timeline.points();
  const totals = timeline.totals();
  const { title, subtitle, colours, floor = 0.1 } = options;
  const top = (label: Label) =>
    points.reduce((most, { probabilities }) => Math.max(most, probabilities[label] ?? 0), 0);
  const known = LABELS.filter((label) => points.some(({ probabilities }) => probabilities[label] !== undefined));
  const drawn = known.filter((label) => top(label) >= floor);
  const faint = known.filter((label) => top(label) < floor);
  const x = (ms: number) => PLOT.left + (ms / Math.max(totals.totalMs, 1)) * (PLOT.right - PLOT.left);
  const share = totals.totalMs === 0 ? 0 : totals.acceptedMs / totals.totalMs;

  const legend = legendRows(totals, {
    ...options,
    remark: faint.length > 0 ? `below ${floor} throughout: ${faint.join(', ')}` : null,
    left: PLOT.left,
    right: WIDTH,
  });
  const height = LEGEND + legend.length * LEGEND_LINE + 8;
  const summary = `${totals.windows} windows, ${Math.round(share * 100)} % of the time with a verdict`;
  return `${element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: 'img' },
    [
      element('title', {}, escapeXml(`Expressed emotion in ${title}`)),
      element(
        'desc',
        {},
        escapeXml(
          `${summary}; ${legend
            .flat()
            .map(({ text }) => text)
            .join('; ')}`,
        ),
      ),
      element('style', {}, STYLE),
      HATCH,
      element('rect', { width: WIDTH, height, fill: 'var(--ground)' }),
      text({ x: PLOT.left, y: 32, class: 'title' }, shortened(title, 70)),
      text({ x: PLOT.left, y: 52, class: 'quiet' }, `Expressed, as raters would perceive it. ${summary}. ${subtitle}`),
      ground(x, totals.totalMs),
      ...runs(points, ({ reason }) => reason ?? '').map((run) => hatching(run, x, options.words)),
      ...drawn.map((label) => line(points, label, x, colours[label])),
      ...names(points, drawn, colours),
      ...runs(points, ({ labels }) => labels.join(', ')).map((run) => said(run, x, colours)),
      ...legend.flatMap((entries, row) => entries.map((entry) => legendEntry(entry, LEGEND + row * LEGEND_LINE))),
    ].join('\n'),
  )}\n`;
}

const HATCH = `<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="var(--well)"/><rect width="1.5" height="8" fill="var(--hatch)"/></pattern></defs>`;

type Scale = (ms: number) => number;

/** Neighbouring points that say the same. */
type Run = readonly [TimelinePoint, ...TimelinePoint[]];

function runs(points: readonly TimelinePoint[], key: (point: TimelinePoint) => string): readonly Run[] {
  const found: [TimelinePoint, ...TimelinePoint[]][] = [];
  for (const point of points) {
    const open = found.at(-1);
    if (open !== undefined && key(open[0]) === key(point)) open.push(point);
    else found.push([point]);
  }
  return found;
}

const y = (probability: number): number => PLOT.bottom - probability * (PLOT.bottom - PLOT.top);

/** Grid and axes. */
function ground(x: Scale, totalMs: number): string {
  const levels = [0, 0.5, 1].flatMap((level) => [
    element('line', { x1: PLOT.left, x2: PLOT.right, y1: y(level), y2: y(level), class: 'grid' }),
    text({ x: PLOT.left - 8, y: y(level) + 4, class: 'quiet', 'text-anchor': 'end' }, level.toFixed(1)),
  ]);
  const stepMs =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
      .map((step) => step * 1000)
      .find((step) => totalMs / step <= 10) ?? 3_600_000 * Math.ceil(totalMs / 36_000_000);
  const ticks = Array.from({ length: Math.floor(totalMs / stepMs) + 1 }, (_, index) => index * stepMs);
  return [
    ...levels,
    ...ticks.flatMap((ms) => [
      element('line', { x1: x(ms), x2: x(ms), y1: PLOT.bottom, y2: STRIP.top, class: 'grid' }),
      text({ x: x(ms), y: AXIS, class: 'quiet', 'text-anchor': ms === 0 ? 'start' : 'middle' }, clock(ms, totalMs)),
    ]),
  ].join('');
}

function hatching(run: Run, x: Scale, words: TimelineSvgOptions['words']): string {
  const { startMs, reason } = run[0];
  if (reason === null) return '';
  const from = x(startMs);
  const width = x((run.at(-1) ?? run[0]).endMs) - from;
  const area = { x: from, width, y: PLOT.top, height: PLOT.bottom - PLOT.top, fill: 'url(#hatch)' };
  const why = fold(words[reason], width - 12) ?? [];
  return element(
    'g',
    {},
    element('rect', area, element('title', {}, escapeXml(`No verdict: ${words[reason]}`))) +
      why.map((row, index) => text({ x: from + 6, y: PLOT.top + 18 + index * 16, class: 'why' }, row)).join(''),
  );
}

/** A label's line: faint wherever there is a number, full where it belongs to a verdict. */
function line(points: readonly TimelinePoint[], label: Label, x: Scale, stroke: string): string {
  const path = (drawn: (point: TimelinePoint) => boolean) =>
    runs(points, (point) => String(drawn(point)))
      .filter(([first]) => drawn(first))
      .map((run) => {
        const at = (ms: number, { probabilities }: TimelinePoint) =>
          `${decimal(x(ms))} ${decimal(y(probabilities[label] ?? 0))}`;
        const last = run.at(-1) ?? run[0];
        const middles = run.map((point) => at((point.startMs + point.endMs) / 2, point));
        return `M${[at(run[0].startMs, run[0]), ...middles, at(last.endMs, last)].join('L')}`;
      })
      .join('');
  const any = path(({ probabilities }) => probabilities[label] !== undefined);
  const sure = path(({ probabilities, reason }) => reason === null && probabilities[label] !== undefined);
  return (
    element('path', { d: any, stroke, class: 'line doubted' }) +
    (sure === '' ? '' : element('path', { d: sure, stroke, class: 'line' }))
  );
}

/** Each line's name where it ends. */
function names(
  points: readonly TimelinePoint[],
  drawn: readonly Label[],
  colours: TimelineSvgOptions['colours'],
): string[] {
  const ends = drawn.map((label) =>
    y(points.findLast(({ probabilities }) => probabilities[label] !== undefined)?.probabilities[label] ?? 0),
  );
  const places = spread(ends, { gap: MIN_GAP, low: PLOT.top, high: PLOT.bottom });
  return drawn.map((label, index) => {
    const [end = 0, place = 0] = [ends[index], places[index]];
    const from = PLOT.right + 2;
    return (
      element('path', {
        d: `M${from} ${decimal(end)}L${from + 10} ${decimal(place)}H${from + 18}`,
        stroke: colours[label],
        class: 'line',
      }) + text({ x: from + 24, y: place + 4 }, label)
    );
  });
}

/** A block of the strip: the first label gives the colour, all of them the words. */
function said(run: Run, x: Scale, colours: TimelineSvgOptions['colours']): string {
  const { startMs, labels } = run[0];
  const from = x(startMs);
  const width = x((run.at(-1) ?? run[0]).endMs) - from;
  const [first] = labels;
  const fill = first === undefined ? 'url(#hatch)' : colours[first];
  const name = labels.join(', ');
  const shown = [name, first ?? ''].find((words) => words !== '' && textWidth(words) <= width - 8);
  return (
    element(
      'rect',
      { x: from, width: Math.max(width - 1, 0.5), y: STRIP.top, height: STRIP.height, fill },
      element('title', {}, name || 'no verdict'),
    ) + (shown === undefined ? '' : text({ x: from + 6, y: STRIP.top + 14, style: `fill:${inkOn(fill)}` }, shown))
  );
}

function shortened(words: string, length: number): string {
  const letters = Array.from(words);
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : words;
}

function clock(ms: number, totalMs: number): string {
  const s = Math.round(ms / 1000);
  if (totalMs < 120_000) return `${s} s`;
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(s % 60).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
