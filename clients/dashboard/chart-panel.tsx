/** A chart in a card: drawn as time passes, dragged to go back, told in words to those who cannot see it. */
import { useComputed } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { chart } from './chart.ts';
import type { ChartOptions } from './chart.ts';
import { dragToGoBack, keepDrawing } from './chart-motion.ts';
import { inWords } from './chart-words.ts';
import type { RoomView } from './store.ts';
import type { Cadence } from './trace.ts';

/** What a chart needs to know. */
export interface ChartPanelProps {
  readonly view: ReadonlySignal<RoomView>;
  readonly nowMs: ReadonlySignal<number>;
  readonly id: string;
  /** Told of the instant that is pointed at, server's clock; null while none is. */
  readonly pointedMs: Signal<number | null>;
  readonly cadence: Cadence;
  readonly thresholds: ChartOptions['thresholds'];
}

/** The chart of one participant. */
export function ChartPanel({ view, nowMs, id, pointedMs, cadence, thresholds }: ChartPanelProps) {
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

  // Once a second is often enough for what is read out on request.
  const words = useComputed(() => {
    const second = nowMs.value;
    const { participants, unknownSinceMs } = view.peek();
    const participant = participants.get(id);
    return participant === undefined ? '' : inWords(participant, cadence, second >= (unknownSinceMs ?? Infinity));
  });
  return <div class="chart" ref={host} role="img" aria-label={words} />;
}
