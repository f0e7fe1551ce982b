/** Reliability: how often decisions are right, by how sure they were (paper 1, Figure 2). */
import type { ReliabilityBin } from '../metrics/ece.ts';
import { element, escapeXml, text } from '../svg.ts';
import { grid, linePath, type Plane, steps, xOf, yOf } from './axes.ts';
import type { Drawing } from './drawing.ts';

/** Bins of one label, or of all labels pooled, without and with calibration. */
export interface Reliability {
  readonly before: readonly ReliabilityBin[];
  readonly after: readonly ReliabilityBin[];
}

/** Words of the figure. */
export interface ReliabilityOptions {
  /** For example the label. */
  readonly title: string;
  /** Expected calibration errors to print, as measured. */
  readonly ece: { readonly before: number; readonly after: number };
}

const WIDTH = 360;
const EDGES = { left: 44, right: 348, top: 84, bottom: 332 } as const;
/** Below: how many clips each bin has. */
const STRIP = { top: 344, bottom: 384 } as const;
const HEIGHT = 424;

/** A bin that holds clips. */
interface Point {
  readonly bin: ReliabilityBin;
  readonly x: number;
  readonly y: number;
}

/**
 * Accuracy over mean confidence, bin by bin, before (hollow, dashed) and after calibration (filled, with 95 % Wilson
 * intervals); on the diagonal, confidence is what accuracy turns out to be. Below, clips in each bin on a log scale.
 * @example svgFile(reliabilityDiagram({ before, after }, { title: 'Fear', ece: { before: 0.04, after: 0.01 } }));
 */
export function reliabilityDiagram({ before, after }: Reliability, { title, ece }: ReliabilityOptions): Drawing {
  const [old, now] = [pointsOf(before), pointsOf(after)];
  const least = Math.min(...[...old, ...now].flatMap(({ bin, x, y }) => [bin.low, x, y]));
  const low = least >= 0.4 ? 0.4 : least >= 0.2 ? 0.2 : 0;
  const plane: Plane = { ...EDGES, x: [low, 1], y: [low, 1] };
  const ticks = { values: steps(low, 1, low === 0.4 ? 0.1 : 0.2), words: (value: number) => value.toFixed(1) };
  const content = [
    text({ x: 12, y: 22, class: 'title' }, title),
    element('circle', { cx: 18, cy: 42, r: 4, class: 'before' }),
    text({ x: 30, y: 46, class: 'quiet' }, `before, ECE ${ece.before.toFixed(3)}`),
    element('circle', { cx: 170, cy: 42, r: 4, class: 'after' }),
    text({ x: 182, y: 46 }, `calibrated, ECE ${ece.after.toFixed(3)}`),
    text({ x: 12, y: 70, class: 'quiet' }, 'share of decisions that are right'),
    grid(plane, ticks, ticks, STRIP.bottom - EDGES.bottom + 18),
    text({ x: EDGES.right, y: HEIGHT - 6, class: 'quiet', 'text-anchor': 'end' }, 'confidence max(p, 1 − p)'),
    element('path', {
      d: linePath(plane, [
        { x: low, y: low },
        { x: 1, y: 1 },
      ]),
      class: 'ideal',
    }),
    counts(plane, old, now),
    element('path', { d: linePath(plane, old), class: 'before' }),
    element('path', { d: linePath(plane, now), class: 'after' }),
    ...now.map((point) => whisker(plane, point)),
    ...old.map((point) => dot(plane, point, 'before')),
    ...now.map((point) => dot(plane, point, 'after')),
  ].join('');
  const description =
    `Share of right decisions by confidence. Expected calibration error ${ece.before.toFixed(3)} before and ` +
    `${ece.after.toFixed(3)} after calibration. Calibrated bins: ${now.map(({ bin }) => words(bin)).join('; ')}.`;
  return { title: `Reliability: ${title}`, description, width: WIDTH, height: HEIGHT, content };
}

/**
 * Bins of all labels as one, for the figure of the whole.
 * @param labels [labels][bins], the same bins for each label.
 */
export function pooledBins(labels: readonly (readonly ReliabilityBin[])[]): ReliabilityBin[] {
  return (labels[0] ?? []).map(({ low, high }, i) => {
    const same = labels.flatMap((bins) => bins[i] ?? []);
    const clips = same.reduce((sum, bin) => sum + bin.clips, 0);
    const mean = (key: 'confidence' | 'accuracy') =>
      clips === 0 ? null : same.reduce((sum, bin) => sum + bin.clips * (bin[key] ?? 0), 0) / clips;
    return { low, high, clips, confidence: mean('confidence'), accuracy: mean('accuracy') };
  });
}

function pointsOf(bins: readonly ReliabilityBin[]): Point[] {
  return bins.flatMap((bin) =>
    bin.confidence === null || bin.accuracy === null ? [] : [{ bin, x: bin.confidence, y: bin.accuracy }],
  );
}

function dot(plane: Plane, { bin, x, y }: Point, when: 'before' | 'after'): string {
  return element(
    'circle',
    { cx: xOf(plane, x), cy: yOf(plane, y), r: when === 'before' ? 3.5 : 4, class: when },
    element('title', {}, escapeXml(`${when === 'before' ? 'before' : 'calibrated'}: ${words(bin)}`)),
  );
}

function whisker(plane: Plane, { bin, x, y }: Point): string {
  const [low, high] = wilson(y, bin.clips).map((share) => yOf(plane, Math.max(plane.y[0], share)));
  return element('line', { x1: xOf(plane, x), x2: xOf(plane, x), y1: low ?? 0, y2: high ?? 0, class: 'after' });
}

/** Bars from a common base: calibrated filled, before as an outline. */
function counts(plane: Plane, old: readonly Point[], now: readonly Point[]): string {
  const most = Math.max(10, ...[...old, ...now].map(({ bin }) => bin.clips));
  const top = (clips: number) =>
    STRIP.bottom - (Math.log10(1 + clips) / Math.log10(1 + most)) * (STRIP.bottom - STRIP.top);
  const bar = ({ bin }: Point) => {
    const [from, to] = [xOf(plane, Math.max(bin.low, plane.x[0])), xOf(plane, bin.high)];
    return { x: from + 1.5, width: to - from - 3, y: top(bin.clips), height: STRIP.bottom - top(bin.clips) };
  };
  const powers = steps(1, Math.floor(Math.log10(most)), 1).slice(-1);
  return [
    ...now.map((point) => element('rect', { ...bar(point), fill: 'var(--accent)', 'fill-opacity': 0.35 })),
    ...old.map((point) => element('rect', { ...bar(point), fill: 'none', stroke: 'var(--quiet)' })),
    ...powers.map((power) =>
      text(
        { x: EDGES.left - 8, y: top(10 ** power) + 4, class: 'quiet', 'text-anchor': 'end' },
        thousands(10 ** power),
      ),
    ),
    text({ x: 12, y: STRIP.bottom + 18, class: 'quiet' }, 'n'),
  ].join('');
}

/** Wilson's score interval of a share at 95 % (Wilson, 1927): sound for few clips and near 0 and 1. */
function wilson(share: number, n: number): readonly [number, number] {
  const z2 = 1.959964 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Math.sqrt(z2) / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [middle - half, middle + half];
}

function words({ clips, confidence, accuracy }: ReliabilityBin): string {
  return `confidence ${(confidence ?? NaN).toFixed(2)}, right ${(accuracy ?? NaN).toFixed(2)}, n ${clips}`;
}

const thousands = (n: number): string => (n >= 1000 ? `${n / 1000}k` : String(n));
