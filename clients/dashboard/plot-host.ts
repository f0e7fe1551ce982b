/** What every plot on the page needs of where it stands. */
import type uPlot from 'uplot';
import { onSchemeChange } from './palette.ts';

/** Keep a plot as large as its host, and redraw it when the colour scheme has changed. Returns how to remove it. */
export function keepInHost(plot: uPlot, host: HTMLElement, onScheme: () => void): () => void {
  const resized = new ResizeObserver(() => {
    if (host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height: host.clientHeight });
  });
  resized.observe(host);
  const stopListening = onSchemeChange(() => {
    onScheme();
    plot.redraw(false, true);
  });
  return () => {
    resized.disconnect();
    stopListening();
    plot.destroy();
  };
}
