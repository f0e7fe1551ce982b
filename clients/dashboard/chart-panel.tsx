/** A chart in a card: drawn as time passes, dragged to go back, told in words to those who cannot see it. */
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { chart } from './chart.ts';
import type { Chart, ChartOptions } from './chart.ts';
import { inWords } from './chart-words.ts';
import type { ParticipantView, RoomView } from './store.ts';
import { heldEdge, liveEdge, moved, SHOWN_MS, stretchTo } from './timebase.ts';
import { traceOf } from './trace.ts';
import type { Cadence, Trace } from './trace.ts';

/** What a chart needs to know. */
export interface ChartPanelProps {
  readonly view: ReadonlySignal<RoomView>;
  readonly id: string;
  /** Told of the instant that is pointed at, server's clock; null while none is. */
  readonly pointedMs: Signal<number | null>;
  readonly cadence: Cadence;
  readonly thresholds: ChartOptions['thresholds'];
}

/** The chart of one participant. */
export function ChartPanel({ view, id, pointedMs, cadence, thresholds }: ChartPanelProps) {
  const host = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const drawn = chart(element, { thresholds, onPoint: (atMs) => (pointedMs.value = atMs) });
    const stop = keepDrawing(element, drawn, view, id, cadence);
    const release = dragToGoBack(element, drawn, view, cadence);
    return () => {
      stop();
      release();
      drawn.close();
    };
  }, [view, id, cadence, thresholds]);

  const participant = view.value.participants.get(id);
  const words = participant === undefined ? '' : inWords(participant, view.value, cadence);
  return <div class="chart" ref={host} role="img" aria-label={words} />;
}

/** Redraw when something is new or the edge has moved by a pixel; not at all while out of sight. */
function keepDrawing(element: Element, drawn: Chart, view: ReadonlySignal<RoomView>, id: string, cadence: Cadence) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  let inSight = true;
  const sight = new IntersectionObserver((entries) => (inSight = entries.at(-1)?.isIntersecting ?? true));
  sight.observe(element);
  let last: { of: ParticipantView; edgeMs: number; trace: Trace } | null = null;
  const step = () => {
    frame = requestAnimationFrame(step);
    const room = view.peek();
    const participant = room.participants.get(id);
    const edgeMs = heldEdge.peek() ?? liveEdge(room, cadence, Date.now());
    if (!inSight || participant === undefined || edgeMs === null) return;
    const isNew = last?.of !== participant;
    const pixelMs = SHOWN_MS / Math.max(drawn.plotWidth * devicePixelRatio, 1);
    const movedMs = Math.abs(edgeMs - (last?.edgeMs ?? 0));
    if (!isNew && (movedMs < pixelMs || (calm.matches && heldEdge.peek() === null))) return;
    const stretch = stretchTo(edgeMs);
    const trace = traceOf(participant.verdicts, participant.segments, stretch, cadence);
    last = { of: participant, edgeMs, trace };
    drawn.draw(trace, stretch);
  };
  let frame = requestAnimationFrame(step);
  return () => {
    cancelAnimationFrame(frame);
    sight.disconnect();
  };
}

function dragToGoBack(element: HTMLElement, drawn: Chart, view: ReadonlySignal<RoomView>, cadence: Cadence) {
  let grip: { x: number; edgeMs: number } | null = null;
  const down = (event: PointerEvent) => {
    const edgeMs = heldEdge.peek() ?? liveEdge(view.peek(), cadence, Date.now());
    if (event.button !== 0 || edgeMs === null) return;
    grip = { x: event.clientX, edgeMs };
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const live = liveEdge(view.peek(), cadence, Date.now());
    if (grip === null || live === null) return;
    const byMs = ((grip.x - event.clientX) * SHOWN_MS) / Math.max(drawn.plotWidth, 1);
    if (Math.abs(grip.x - event.clientX) > 2) heldEdge.value = moved(grip.edgeMs, byMs, view.peek(), live);
  };
  const up = () => (grip = null);
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
  };
}
