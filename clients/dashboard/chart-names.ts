/** What lies over a chart's lines: the name at the end of each, and a mark where a segment began. */
import uPlot from 'uplot';
import { LABEL_COLOURS } from '../colours.ts';
import type { Palette } from './palette.ts';
import { valueAt } from './trace.ts';
import type { Label, Stretch, Trace } from './trace.ts';

/** Height that a name needs for itself, CSS pixels. */
const NAME_PX = 15;
/** Names inside the plot stay below the words that say why there is no verdict. */
const REASON_PX = 38;

/** Write each line's name at its end: in the margin while the line goes on, beside its last point when it broke off. */
export function drawNames(u: uPlot, trace: Trace, stretch: Stretch, palette: Palette): void {
  const { ctx } = u;
  const px = uPlot.pxRatio;
  const ends = [...trace.lines].flatMap(([label, values]) => {
    const end = endOf(trace.times, values, stretch);
    if (end === null) return [];
    return [{ label, x: u.valToPos(end.atMs, 'x', true), y: u.valToPos(end.value, 'y', true), broken: end.broken }];
  });
  ctx.save();
  ctx.font = `${12 * px}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const broken of [false, true]) {
    const group = ends.filter((end) => end.broken === broken);
    const from = u.bbox.top + (broken ? REASON_PX * px : 0);
    const limits = { from, to: u.bbox.top + u.bbox.height, least: NAME_PX * px };
    const heights = spread(
      group.map(({ y }) => y),
      limits,
    );
    group.forEach(({ label, x }, i) => {
      write(ctx, label, x + 6 * px, heights[i] ?? 0, palette);
    });
  }
  ctx.restore();
}

/** A small wedge under the line of the leading label where a segment began. */
export function drawMarks(u: uPlot, { marks }: Trace, palette: Palette): void {
  const { ctx } = u;
  const px = uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = palette.ink;
  ctx.strokeStyle = palette.card;
  ctx.lineWidth = 2 * px;
  for (const { atMs, probability } of marks) {
    const x = u.valToPos(atMs, 'x', true);
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    const y = u.valToPos(probability, 'y', true) + 3 * px;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 4 * px, y + 7 * px);
    ctx.lineTo(x - 4 * px, y + 7 * px);
    ctx.closePath();
    ctx.stroke();
    ctx.fill();
  }
  ctx.restore();
}

/**
 * Heights as near as can be to those wanted, at least `least` apart and within `from`..`to` where that is possible; in
 * the order given.
 */
export function spread(
  wanted: readonly number[],
  { from, to, least }: { readonly from: number; readonly to: number; readonly least: number },
): readonly number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y || a.i - b.i);
  const placed: number[] = [];
  for (const { y } of order) placed.push(Math.max(y, from + least / 2, (placed.at(-1) ?? -Infinity) + least));
  let limit = to - least / 2;
  for (let k = placed.length - 1; k >= 0; k--) {
    placed[k] = Math.min(placed[k] ?? 0, limit);
    limit = (placed[k] ?? 0) - least;
  }
  const heights: number[] = [];
  order.forEach(({ i }, k) => {
    heights[i] = placed[k] ?? 0;
  });
  return heights;
}

interface End {
  readonly atMs: number;
  readonly value: number;
  readonly broken: boolean;
}

function endOf(times: readonly number[], values: readonly (number | null)[], { fromMs, toMs }: Stretch): End | null {
  const atEdge = valueAt(times, values, toMs);
  if (atEdge !== null) return { atMs: toMs, value: atEdge, broken: false };
  for (let i = times.length - 1; i >= 0; i--) {
    const [atMs, value] = [times[i], values[i]];
    if (atMs !== undefined && value !== null && value !== undefined && atMs <= toMs)
      return atMs < fromMs ? null : { atMs, value, broken: true };
  }
  return null;
}

function write(ctx: CanvasRenderingContext2D, label: Label, x: number, y: number, palette: Palette): void {
  const px = uPlot.pxRatio;
  ctx.strokeStyle = palette.card;
  ctx.lineWidth = 4 * px;
  ctx.strokeText(label, x + 10 * px, y);
  ctx.fillStyle = LABEL_COLOURS[label];
  ctx.fillRect(x, y - 4 * px, 6 * px, 8 * px);
  ctx.fillStyle = palette.ink;
  ctx.fillText(label, x + 10 * px, y);
}
