/** Beside the chart: how raters would spread over valence and arousal, and how far they would disagree. */
import type { VerdictJson } from '../../src/protocol.ts';
import { signed, two } from './format.ts';

/** Cells of an axis. */
const CELLS = 4;
/** CSS pixels of a cell. */
const CELL = 20;
const SIDE = CELLS * CELL;

/** The panel of the newest verdict; its place stays empty where nothing was judged. */
export function PerceptionPanel({ verdict }: { readonly verdict: VerdictJson | undefined }) {
  const perception = verdict?.perception;
  return (
    <figure class="perception" aria-label={perception === undefined ? 'No valence and arousal' : words(perception)}>
      <figcaption class="quiet" title={MEANING}>
        valence, arousal
      </figcaption>
      <svg width={SIDE} height={SIDE} viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
        <path class="axes" d={`M0 ${SIDE / 2}H${SIDE}M${SIDE / 2} 0V${SIDE}`} />
        {perception?.grid.map((share, i) => (
          <circle key={i} cx={middle(Math.floor(i / CELLS))} cy={SIDE - middle(i % CELLS)} r={radius(share)} />
        ))}
      </svg>
      <p class="quiet" title="Predicted probability that two raters choose different labels">
        raters split <span class="number">{perception === undefined ? '—' : two(perception.disagreement)}</span>
      </p>
    </figure>
  );
}

type Perception = NonNullable<VerdictJson['perception']>;

const MEANING =
  'Where raters would place what is expressed: unpleasant to pleasant from left to right, calm to excited from bottom to top. ' +
  'A dot’s area is the share of raters. Derived from the shares of labels; nobody was asked.';

const middle = (cell: number): number => (cell + 0.5) * CELL;

/** By area, so that all raters in one cell fill it. */
function radius(share: number): number {
  return (CELL / 2) * Math.sqrt(share);
}

/** The panel in a sentence, for those who cannot see it. */
function words({ attributes: { valence, arousal, dominance }, disagreement }: Perception): string {
  const said = [
    ['valence', valence],
    ['arousal', arousal],
    ['dominance', dominance],
  ] as const;
  const each = said.map(
    ([name, { mean, low, high }]) => `${name} ${signed(mean)}, from ${signed(low)} to ${signed(high)}`,
  );
  return `Derived: ${each.join('; ')}; raters split ${two(disagreement)}`;
}
