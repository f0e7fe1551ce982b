/** Valence and arousal as one square to click or drag in, or to move in by arrow keys. */
import { signed } from '../dashboard/format.ts';
import type { Draft } from './draft.ts';

type Attributes = Draft['attributes'];

/** What the square needs to know. */
export interface AttributeSquareProps {
  readonly attributes: Attributes;
  readonly onPlace: (attributes: Attributes) => void;
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

/** Where a key moves to: arrows a step, from the middle where nothing was given; Delete clears. Undefined for other keys. */
export function movedBy(key: string, attributes: Attributes): Attributes | undefined {
  if (key === 'Delete' || key === 'Backspace') return null;
  const by = MOVES[key];
  const { valence, arousal } = attributes ?? { valence: 0, arousal: 0 };
  return by && { valence: onScale(valence + by[0]), arousal: onScale(arousal + by[1]) };
}

/** The square. Its keys are those of the whole page: `keys.ts`. */
export function AttributeSquare({ attributes, onPlace }: AttributeSquareProps) {
  const { valence, arousal } = attributes ?? { valence: 0, arousal: 0 };
  const point = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
    if (event.buttons !== 1) return;
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    onPlace({
      valence: onScale(((event.clientX - box.left) / box.width) * 2 - 1),
      arousal: onScale(1 - ((event.clientY - box.top) / box.height) * 2),
    });
  };
  const [x, y] = [(SIDE * (valence + 1)) / 2, (SIDE * (1 - arousal)) / 2];
  return (
    <figure class="square">
      <svg
        viewBox={`0 0 ${SIDE.toString()} ${SIDE.toString()}`}
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
        onPointerDown={point}
        onPointerMove={point}
      >
        <path class="axes" d={`M0 ${SIDE / 2}H${SIDE}M${SIDE / 2} 0V${SIDE}`} />
        {attributes !== null && <circle cx={x} cy={y} r="7" />}
      </svg>
      <figcaption>
        <p id="square-words">Valence and arousal</p>
        <p class="number">{attributes === null ? 'not given' : `${signed(valence)}, ${signed(arousal)}`}</p>
        <p class="quiet">
          Across: unpleasant to pleasant. Up: calm to excited. <kbd>←↑→↓</kbd> move it, <kbd>Del</kbd> clears it.
        </p>
      </figcaption>
    </figure>
  );
}

/** On [-1, 1], in steps of 0.05. */
function onScale(score: number): number {
  return Math.round(Math.min(1, Math.max(-1, score)) * 20) / 20;
}
