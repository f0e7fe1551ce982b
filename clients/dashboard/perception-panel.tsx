/** Beside the chart: how raters would spread over valence and arousal, and how far they would disagree. */
import type { VerdictJson } from '../../src/protocol.ts';
import { two } from './format.ts';
import { meaningOf, sentenceOf } from './perception-words.ts';

/** Cells of an axis. */
const CELLS = 4;
/** CSS pixels of a cell. */
const CELL = 20;
const SIDE = CELLS * CELL;

/** The panel of the newest verdict; its place stays empty where nothing was judged. */
export function PerceptionPanel({ verdict }: { readonly verdict: VerdictJson | undefined }) {
  const perception = verdict?.perception;
  const meaning = perception && meaningOf(perception);
  return (
    <figure
      class="perception"
      aria-label={perception === undefined ? 'No valence and arousal' : sentenceOf(perception)}
    >
      <figcaption class="quiet" title={meaning}>
        valence, arousal
      </figcaption>
      <svg width={SIDE} height={SIDE} viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
        <path class="axes" d={`M0 ${SIDE / 2}H${SIDE}M${SIDE / 2} 0V${SIDE}`} />
        {perception?.grid.map((share, i) => (
          <circle key={i} cx={middle(Math.floor(i / CELLS))} cy={SIDE - middle(i % CELLS)} r={radius(share)} />
        ))}
      </svg>
      <p class="quiet source" title={meaning}>
        {perception?.source ?? '—'}
      </p>
      <p class="quiet" title="Predicted probability that two raters choose different labels">
        raters split <span class="number">{perception === undefined ? '—' : two(perception.disagreement)}</span>
      </p>
    </figure>
  );
}

const middle = (cell: number): number => (cell + 0.5) * CELL;

/** By area, so that all raters in one cell fill it. */
function radius(share: number): number {
  return (CELL / 2) * Math.sqrt(share);
}
