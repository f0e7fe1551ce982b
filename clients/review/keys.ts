/** The keyboard of the review page. */
import { LABELS } from '../../src/core/labels.ts';
import { movedBy } from './attribute-square.tsx';
import type { Desk } from './desk.ts';

/** Elements that have a use of their own for a key. */
const TYPING = new Set(['INPUT', 'TEXTAREA', 'SELECT']);
const PRESSING = new Set(['BUTTON', 'A', 'SUMMARY']);

/** Do what a key stands for; keys with a modifier belong to the browser, but for Ctrl-Z. */
export function onKey(event: KeyboardEvent, desk: Desk, replay: () => void): void {
  const { key, target } = event;
  const tag = target instanceof Element ? target.tagName : '';
  if (TYPING.has(tag)) return;
  const undo = (event.ctrlKey || event.metaKey) && key.toLowerCase() === 'z';
  if (!undo && (event.ctrlKey || event.metaKey || event.altKey)) return;
  // A focused button is pressed by Enter and Space itself; a video is moved by arrows.
  if (PRESSING.has(tag) && (key === ' ' || (key === 'Enter' && !isLabelKey(target)))) return;
  if (tag === 'VIDEO' && key.startsWith('Arrow')) return;
  const act = undo ? () => void desk.undo() : actOf(key, desk, replay);
  if (act === undefined) return;
  event.preventDefault();
  // A key that is held down moves the point on, and does nothing else twice.
  if (!event.repeat || key.startsWith('Arrow')) act();
}

function actOf(key: string, desk: Desk, replay: () => void): (() => void) | undefined {
  const label = LABELS[Number.parseInt(key, 10) - 1];
  if (label !== undefined) return () => desk.toggle(label);
  const moved = movedBy(key, desk.draft.value.attributes);
  if (moved !== undefined) return () => desk.place(moved);
  switch (key.toLowerCase()) {
    case '0':
      return () => desk.cannotTell();
    case 'enter':
      return () => void desk.send();
    case ' ':
      return replay;
    case 's':
      return () => void desk.skip();
    case 'u':
      return () => void desk.undo();
    default:
      return undefined;
  }
}

/** Whether a focused button is one of the labels: there Enter sends, as everywhere else. */
function isLabelKey(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset['label'] !== undefined;
}
