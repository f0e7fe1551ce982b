/** A chart in a card: drawn as time passes, dragged to go back, told in words to those who cannot see it. */
import { useComputed } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { chart } from './chart.ts';
import type { Chart, ChartOptions } from './chart.ts';
import { dragToGoBack, keepDrawing } from './chart-motion.ts';
import { inWords } from './chart-words.ts';
import { lane } from './lane.ts';
import type { Lens } from './lens.ts';
import type { RoomView } from './store.ts';
import type { Cadence } from './trace.ts';

/** What a chart needs to know. */
export interface ChartPanelProps {
  readonly view: ReadonlySignal<RoomView>;
  readonly nowMs: ReadonlySignal<number>;
  readonly id: string;
  /** How participants are shown. */
  readonly lens: ReadonlySignal<Lens>;
  /** Told of the instant that is pointed at, server's clock; null while none is. */
  readonly pointedMs: Signal<number | null>;
  readonly cadence: Cadence;
  readonly thresholds: ChartOptions['thresholds'];
}

const BAND_MEANS =
  'Valence over time, from unpleasant (−1) to pleasant (+1): the line is the mean of what raters would score, the band holds ' +
  '90 % of them. Derived from the shares of labels; nobody was asked.';

/** The chart of one participant. */
export function ChartPanel({ view, nowMs, id, lens, pointedMs, cadence, thresholds }: ChartPanelProps) {
  const host = useRef<HTMLDivElement>(null);
  const upper = useRef<HTMLDivElement>(null);
  const lower = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const onPoint = (atMs: number | null) => (pointedMs.value = atMs);
    const lines = chart(upper.current ?? element, { thresholds, onPoint });
    const band = lane(lower.current ?? element);
    const drawn: Chart = {
      draw: (trace, stretch) => {
        lines.draw(trace, stretch);
        band.draw(trace, stretch);
      },
      get plotWidth() {
        return lines.plotWidth;
      },
      close: () => {
        lines.close();
        band.close();
      },
    };
    const stop = keepDrawing(element, drawn, { view, id, lens, cadence });
    const release = dragToGoBack(element, drawn, view, cadence);
    return () => {
      stop();
      release();
      drawn.close();
    };
  }, [view, id, lens, cadence, thresholds]);

  // Once a second is often enough for what is read out on request.
  const words = useComputed(() => {
    const second = nowMs.value;
    const { participants, unknownSinceMs } = view.peek();
    const participant = participants.get(id);
    return participant === undefined
      ? ''
      : inWords(lens.value.show(participant), cadence, second >= (unknownSinceMs ?? Infinity));
  });
  return (
    <div class="charts" ref={host} role="img" aria-label={words}>
      <div class="chart" ref={upper} />
      <div class="lane" ref={lower} title={BAND_MEANS} />
    </div>
  );
}
