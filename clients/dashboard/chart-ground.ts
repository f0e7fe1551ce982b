/** What lies under a chart's lines: hatching over rejected time, and the thresholds of the labels shown. */
import uPlot from 'uplot';
import { LABEL_COLOURS } from '../colours.ts';
import { REASON_WORDS } from '../words.ts';
import type { Palette } from './palette.ts';
import type { Label, Trace } from './trace.ts';

/** Distance between two lines of the hatching, CSS pixels. */
const HATCH_PX = 8;

/** Hatch the rejected time and say why where there is room for the words. */
export function drawRejections(u: uPlot, { rejections }: Trace, palette: Palette): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const px = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.font = `${12 * px}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { fromMs, toMs, reason } of rejections) {
    const from = u.valToPos(fromMs, 'x', true);
    const to = u.valToPos(toMs, 'x', true);
    if (to < left || from > left + width) continue;
    hatch(ctx, { from, to, top, height }, palette);
    const [start, end] = [Math.max(from, left), Math.min(to, left + width)];
    explain(ctx, REASON_WORDS[reason], { from: start, to: end, top, height, isPast: to < left + width }, palette);
  }
  ctx.restore();
}

/** A dotted line at the threshold of each label shown: above its own, a label is present. */
export function drawThresholds(u: uPlot, { lines }: Trace, thresholds: Readonly<Partial<Record<Label, number>>>): void {
  const { ctx } = u;
  const { left, width } = u.bbox;
  const px = uPlot.pxRatio;
  ctx.save();
  ctx.lineWidth = px;
  ctx.globalAlpha = 0.7;
  ctx.setLineDash([px, 4 * px]);
  for (const label of lines.keys()) {
    const threshold = thresholds[label];
    if (threshold === undefined) continue;
    const y = Math.round(u.valToPos(threshold, 'y', true)) + 0.5;
    ctx.strokeStyle = LABEL_COLOURS[label];
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
  }
  ctx.restore();
}

interface Area {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly height: number;
}

/** The hatching is anchored at the area's start, so that it slides with time and does not shimmer. */
function hatch(ctx: CanvasRenderingContext2D, { from, to, top, height }: Area, palette: Palette): void {
  const step = HATCH_PX * uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, height);
  ctx.clip();
  ctx.fillStyle = palette.hatchWell;
  ctx.fillRect(from, top, to - from, height);
  ctx.strokeStyle = palette.hatch;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.beginPath();
  for (let x = from; x < to + height; x += step) {
    ctx.moveTo(x, top);
    ctx.lineTo(x - height, top + height);
  }
  ctx.moveTo(from, top);
  ctx.lineTo(from, top + height);
  ctx.stroke();
  ctx.restore();
}

/**
 * Say why in a line or two, else, once it is over, upwards along the area (while it lasts, line names lie there and the
 * headline says it), else not at all: pointing at the chart says it too.
 */
function explain(
  ctx: CanvasRenderingContext2D,
  words: string,
  { from, to, top, height, isPast }: Area & { readonly isPast: boolean },
  palette: Palette,
): void {
  const px = uPlot.pxRatio;
  const room = to - from - 12 * px;
  const lines = fold(words, (line) => ctx.measureText(line).width <= room);
  if (lines !== null && lines.length <= 2)
    lines.forEach((line, i) => write(ctx, line, from + 6 * px, top + (12 + 16 * i) * px, palette));
  else if (isPast && to - from >= 20 * px && ctx.measureText(words).width <= height - 16 * px) {
    ctx.save();
    ctx.translate((from + to) / 2, top + height - 8 * px);
    ctx.rotate(-Math.PI / 2);
    write(ctx, words, 0, 0, palette);
    ctx.restore();
  }
}

/** Words in lines that fit, as few as can be; null when a word alone does not fit. */
export function fold(words: string, fits: (line: string) => boolean): readonly string[] | null {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const longer = [lines.at(-1) ?? [], word].flat().join(' ');
    if (lines.length > 0 && fits(longer)) lines[lines.length - 1] = longer;
    else if (fits(word)) lines.push(word);
    else return null;
  }
  return lines;
}

function write(ctx: CanvasRenderingContext2D, words: string, x: number, y: number, palette: Palette): void {
  const px = uPlot.pxRatio;
  ctx.fillStyle = palette.card;
  ctx.fillRect(x - 3 * px, y - 9 * px, ctx.measureText(words).width + 6 * px, 18 * px);
  ctx.fillStyle = palette.ink;
  ctx.fillText(words, x, y);
}
