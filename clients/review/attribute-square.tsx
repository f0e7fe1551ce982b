/** Valence and arousal as one square to click, or to move in by arrow keys. */
import { signed } from '../dashboard/format.ts';
import type { Draft } from './draft.ts';

/** What the square needs to know. */
export interface AttributeSquareProps {
  readonly attributes: Draft['attributes'];
  readonly onPlace: (attributes: Draft['attributes']) => void;
}

/** Side of the square in its own units. */
const SIDE = 160;
/** How far an arrow key moves, of [-1, 1]. */
const STEP = 0.1;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};

/** The square; Delete clears it. */
export function AttributeSquare({ attributes, onPlace }: AttributeSquareProps) {
  const { valence, arousal } = attributes ?? { valence: 0, arousal: 0 };
  const point = (event: MouseEvent & { readonly currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onPlace({
      valence: tenth(((event.clientX - box.left) / box.width) * 2 - 1),
      arousal: tenth(1 - ((event.clientY - box.top) / box.height) * 2),
    });
  };
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (event.key === 'Delete' || event.key === 'Backspace') onPlace(null);
    else if (by === undefined) return;
    else onPlace({ valence: tenth(valence + by[0]), arousal: tenth(arousal + by[1]) });
    event.preventDefault();
  };
  return (
    <figure class="square">
      <figcaption id="square-words">
        Valence and arousal{' '}
        <span class="quiet number">{attributes === null ? 'not given' : `${signed(valence)}, ${signed(arousal)}`}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${SIDE} ${SIDE}`}
        tabIndex={0}
        role="slider"
        aria-labelledby="square-words"
        aria-valuemin={-1}
        aria-valuemax={1}
        aria-valuenow={valence}
        aria-valuetext={
          attributes === null
            ? 'not given: arrow keys place it'
            : `valence ${signed(valence)}, arousal ${signed(arousal)}`
        }
        onClick={point}
        onKeyDown={move}
      >
        <path class="axes" d={`M0 ${SIDE / 2}H${SIDE}M${SIDE / 2} 0V${SIDE}`} />
        {attributes !== null && <circle cx={(SIDE * (valence + 1)) / 2} cy={(SIDE * (1 - arousal)) / 2} r="7" />}
      </svg>
      <p class="quiet ends">
        <span>unpleasant to pleasant →</span> <span>calm to excited ↑</span>
      </p>
    </figure>
  );
}

function tenth(score: number): number {
  return Math.round(Math.min(1, Math.max(-1, score)) * 20) / 20;
}
