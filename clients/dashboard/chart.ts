/** A participant's probabilities over time: a thin shell around uPlot. */
import uPlot from 'uplot';
import { LABELS } from '../../src/core/labels.ts';
import { LABEL_COLOURS } from '../colours.ts';
import { drawRejections, drawThresholds } from './chart-ground.ts';
import { drawMarks, drawNames } from './chart-names.ts';
import { clock } from './format.ts';
import { readPalette } from './palette.ts';
import { keepInHost } from './plot-host.ts';
import type { Label, Stretch, Trace } from './trace.ts';

/** A chart in the page. */
export interface Chart {
  /** Show a trace over a stretch of time. */
  draw(trace: Trace, stretch: Stretch): void;
  /** Width of the plotting area in CSS pixels: how far a drag must go to cross the whole stretch. */
  readonly plotWidth: number;
  /** Removes the chart and everything that listens. */
  close(): void;
}

/** How a chart looks and whom it tells. */
export interface ChartOptions {
  /** The pack's thresholds: a label is present above its own. A trace may have thresholds of its own. */
  readonly thresholds: Readonly<Partial<Record<Label, number>>>;
  /** Hears which instant is pointed at, null when none is. */
  readonly onPoint: (atMs: number | null) => void;
}

const FONT = '12px system-ui, sans-serif';
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120].map((s) => s * 1000);
const EMPTY: Trace = {
  times: [],
  lines: new Map(),
  valence: { mean: [], low: [], high: [] },
  rejections: [],
  marks: [],
  thresholds: null,
};

/** Put a chart into `host` and keep it as large as that. */
export function chart(host: HTMLElement, { thresholds, onPoint }: ChartOptions): Chart {
  let palette = readPalette();
  let trace = EMPTY;
  let stretch: Stretch = { fromMs: 0, toMs: 1 };

  const plot = new uPlot(
    {
      width: Math.max(host.clientWidth, 1),
      height: Math.max(host.clientHeight, 1),
      padding: [8, 84, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, bind: { dblclick: () => null } },
      scales: { x: { time: false, auto: false }, y: { range: () => [0, 1] } },
      axes: [
        {
          stroke: () => palette.quiet,
          font: FONT,
          size: 28,
          gap: 6,
          space: 84,
          incrs: SECONDS,
          values: (_, splits) => splits.map(clock),
          grid: { stroke: () => palette.grid, width: 1 },
          ticks: { stroke: () => palette.line, width: 1, size: 4 },
        },
        {
          stroke: () => palette.quiet,
          font: FONT,
          size: 36,
          gap: 6,
          splits: () => [0, 0.5, 1],
          values: (_, splits) => splits.map((value) => value.toFixed(1)),
          grid: { stroke: () => palette.line, width: 1 },
          ticks: { show: false },
        },
      ],
      series: [{}, ...LABELS.map((label) => ({ stroke: LABEL_COLOURS[label], width: 2, points: alonePoints(label) }))],
      hooks: {
        drawAxes: [
          (u) => {
            drawRejections(u, trace, palette);
            drawThresholds(u, trace, trace.thresholds ?? thresholds);
          },
        ],
        draw: [
          (u) => {
            drawMarks(u, trace, palette);
            drawNames(u, trace, stretch, palette);
          },
        ],
        setCursor: [
          (u) => {
            const { left = -1 } = u.cursor;
            onPoint(left < 0 ? null : u.posToVal(left, 'x'));
          },
        ],
      },
    },
    dataOf(EMPTY),
    host,
  );

  const close = keepInHost(plot, host, () => (palette = readPalette()));

  return {
    draw: (nextTrace, nextStretch) => {
      const isNew = nextTrace !== trace;
      trace = nextTrace;
      stretch = nextStretch;
      plot.batch(() => {
        if (isNew) plot.setData(dataOf(trace), false);
        plot.setScale('x', { min: stretch.fromMs, max: stretch.toMs });
      });
    },
    get plotWidth() {
      return plot.bbox.width / devicePixelRatio;
    },
    close,
  };
}

/** A value between two windows without one makes no line: it is a dot, as where a busy host judges one window in some. */
function alonePoints(label: Label): uPlot.Series.Points {
  return {
    show: true,
    size: 6,
    width: 0,
    fill: LABEL_COLOURS[label],
    filter: (u, series) => {
      const values = [...(u.data[series] ?? [])];
      return values.flatMap((value, i) =>
        typeof value === 'number' && typeof values[i - 1] !== 'number' && typeof values[i + 1] !== 'number' ? [i] : [],
      );
    },
  };
}

function dataOf({ times, lines }: Trace): uPlot.AlignedData {
  const nothing = times.map(() => null);
  return [[...times], ...LABELS.map((label) => [...(lines.get(label) ?? nothing)])];
}
