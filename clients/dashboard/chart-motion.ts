/** A chart in motion: it slides as time passes, and goes back when it is dragged. */
import type { ReadonlySignal } from '@preact/signals';
import type { Chart } from './chart.ts';
import type { Lens } from './lens.ts';
import type { ParticipantView, RoomView } from './store.ts';
import { heldEdge, liveEdge, moved, SHOWN_MS, stretchTo } from './timebase.ts';
import { traceOf } from './trace.ts';
import type { Cadence, Trace } from './trace.ts';

/** Lines slide at most this often: a step every 100 ms is smooth at a chart's pace, and cheap. */
const STEP_MS = 100;
/** A trace reaches this much beyond the edges, so that it need not be made anew for every step. */
const BEYOND_MS = 2000;

interface Drawn {
  readonly of: ParticipantView;
  readonly edgeMs: number;
  readonly trace: Trace;
  readonly tracedMs: number;
}

/** What is drawn. */
export interface Source {
  readonly view: ReadonlySignal<RoomView>;
  readonly id: string;
  /** How participants are shown. */
  readonly lens: ReadonlySignal<Lens>;
  readonly cadence: Cadence;
}

/** Redraw when something is new or the edge has moved by a pixel; not at all while out of sight. Returns how to stop. */
export function keepDrawing(element: Element, drawn: Chart, { view, id, lens, cadence }: Source): () => void {
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  let inSight = true;
  const sight = new IntersectionObserver((entries) => {
    inSight = entries.at(-1)?.isIntersecting ?? true;
  });
  sight.observe(element);
  let last: Drawn | null = null;
  const draw = () => {
    const decided = view.peek().participants.get(id);
    const edgeMs = edgeNow(view, cadence);
    if (!inSight || decided === undefined || edgeMs === null) return;
    const participant = lens.peek().show(decided);
    const isNew = last?.of !== participant;
    const movedMs = Math.abs(edgeMs - (last?.edgeMs ?? 0));
    const slides = !calm.matches || heldEdge.peek() !== null;
    if (!isNew && (!slides || movedMs < Math.max(STEP_MS, SHOWN_MS / Math.max(drawn.plotWidth, 1)))) return;
    const stretch = stretchTo(edgeMs);
    const near = last !== null && !isNew && Math.abs(edgeMs - last.tracedMs) < BEYOND_MS ? last : null;
    const around = { fromMs: stretch.fromMs - BEYOND_MS, toMs: stretch.toMs + BEYOND_MS };
    const trace = near?.trace ?? traceOf(participant.verdicts, participant.segments, around, cadence);
    last = { of: participant, edgeMs, trace, tracedMs: near?.tracedMs ?? edgeMs };
    drawn.draw(trace, stretch);
  };
  let frame = 0;
  const step = () => {
    draw();
    frame = requestAnimationFrame(step);
  };
  step();
  return () => {
    cancelAnimationFrame(frame);
    sight.disconnect();
  };
}

function edgeNow(view: ReadonlySignal<RoomView>, cadence: Cadence): number | null {
  return heldEdge.peek() ?? liveEdge(view.peek(), cadence, Date.now());
}

/** Drag to go back in time; returns how to stop. */
export function dragToGoBack(
  element: HTMLElement,
  drawn: Chart,
  view: ReadonlySignal<RoomView>,
  cadence: Cadence,
): () => void {
  let grip: { x: number; edgeMs: number } | null = null;
  const down = (event: PointerEvent) => {
    const edgeMs = edgeNow(view, cadence);
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
