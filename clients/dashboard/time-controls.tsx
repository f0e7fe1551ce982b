/** Freeze, go back, come back: by button and by key. */
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { clock } from './format.ts';
import type { RoomView } from './store.ts';
import { heldEdge, liveEdge, moved, STEP_MS } from './timebase.ts';
import type { Cadence } from './trace.ts';

/** What the controls need to know. */
export interface TimeControlsProps {
  readonly view: ReadonlySignal<RoomView>;
  readonly cadence: Cadence;
}

/** The controls of the time that all charts show. */
export function TimeControls({ view, cadence }: TimeControlsProps) {
  const live = () => liveEdge(view.peek(), cadence, Date.now());
  const freeze = () => (heldEdge.value = heldEdge.peek() === null ? live() : null);
  const follow = () => (heldEdge.value = null);
  const step = (byMs: number) => {
    const now = live();
    if (now !== null) heldEdge.value = moved(heldEdge.peek() ?? now, byMs, view.peek(), now);
  };

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (action === null) return;
      event.preventDefault();
      if (action === 'freeze') freeze();
      else if (action === 'live') follow();
      else step(action === 'back' ? -STEP_MS : STEP_MS);
    };
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
    };
  }, [view, cadence]);

  const held = heldEdge.value;
  return (
    <div class="time row" role="group" aria-label="Time shown in the charts">
      <span class="quiet held" role="status">
        {held === null ? '' : `held at ${clock(held)}`}
      </span>
      <button type="button" onClick={() => step(-STEP_MS)} title="Go back 15 s (left arrow key, or drag a chart)">
        Back 15 s
      </button>
      <button
        type="button"
        aria-pressed={held !== null}
        onClick={freeze}
        title="Hold the charts still (space or F); headlines stay live"
      >
        Freeze
      </button>
      <button type="button" disabled={held === null} onClick={follow} title="Follow the present again (Escape)">
        Live
      </button>
    </div>
  );
}

type Action = 'freeze' | 'live' | 'back' | 'forward';

const KEYS: Readonly<Record<string, Action>> = {
  ' ': 'freeze',
  f: 'freeze',
  F: 'freeze',
  Escape: 'live',
  ArrowLeft: 'back',
  ArrowRight: 'forward',
};

/** Which action a key asks for; none while it belongs to a control that has the focus. */
function actionOf({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): Action | null {
  if (ctrlKey || metaKey || altKey) return null;
  const control = target instanceof Element ? target.closest('input, textarea, select, button, a, summary') : null;
  if (control?.matches('input, textarea, select') === true || (control !== null && key === ' ')) return null;
  return KEYS[key] ?? null;
}
