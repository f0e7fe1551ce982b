/** Valence over time under a chart, as a line in the band of what raters would score: a thin shell around uPlot. */
import uPlot from 'uplot';
import type { Chart } from './chart.ts';
import { readPalette } from './palette.ts';
import { keepInHost } from './plot-host.ts';
import type { Band, Trace } from './trace.ts';

const FONT = '12px system-ui, sans-serif';
const EMPTY: Band = { mean: [], low: [], high: [] };

/** Put a lane into `host` and keep it as large as that; its time axis lies under that of the chart above it. */
export function lane(host: HTMLElement): Chart {
  let palette = readPalette();
  let drawn: Trace | null = null;
  const plot = new uPlot(
    {
      width: Math.max(host.clientWidth, 1),
      height: Math.max(host.clientHeight, 1),
      padding: [8, 84, 8, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, auto: false }, y: { range: () => [-1, 1] } },
      axes: [
        { show: false },
        {
          stroke: () => palette.quiet,
          font: FONT,
          size: 36,
          gap: 6,
          splits: () => [-1, 0, 1],
          values: () => ['−1', '0', '+1'],
          grid: { stroke: () => palette.line, width: 1 },
          ticks: { show: false },
        },
      ],
      series: [
        {},
        { stroke: () => palette.ink, width: 1.5, points: { show: false } },
        { stroke: 'transparent', width: 0, points: { show: false } },
        { stroke: 'transparent', width: 0, points: { show: false } },
      ],
      bands: [{ series: [3, 2], fill: () => `color-mix(in srgb, ${palette.quiet} 24%, transparent)` }],
      hooks: {
        draw: [
          (u) => {
            const { ctx, bbox } = u;
            ctx.save();
            ctx.font = `${12 * uPlot.pxRatio}px system-ui, sans-serif`;
            ctx.fillStyle = palette.quiet;
            ctx.textAlign = 'left';
            ctx.textBaseline = 'middle';
            ctx.fillText('valence', bbox.left + bbox.width + 8 * uPlot.pxRatio, bbox.top + bbox.height / 2);
            ctx.restore();
          },
        ],
      },
    },
    dataOf([], EMPTY),
    host,
  );

  const close = keepInHost(plot, host, () => (palette = readPalette()));

  return {
    draw: (trace, { fromMs, toMs }) => {
      const isNew = trace !== drawn;
      drawn = trace;
      plot.batch(() => {
        if (isNew) plot.setData(dataOf(trace.times, trace.valence), false);
        plot.setScale('x', { min: fromMs, max: toMs });
      });
    },
    get plotWidth() {
      return plot.bbox.width / devicePixelRatio;
    },
    close,
  };
}

function dataOf(times: readonly number[], { mean, low, high }: Band): uPlot.AlignedData {
  return [[...times], [...mean], [...low], [...high]];
}
