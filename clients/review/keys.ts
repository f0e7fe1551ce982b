/** The keyboard of the review page. */
import { LABELS } from '../../src/core/labels.ts';
import type { Desk } from './desk.ts';

/** Elements that have a use of their own for a key. */
const TYPING = new Set(['INPUT', 'TEXTAREA', 'SELECT']);
const PRESSING = new Set(['BUTTON', 'A', 'VIDEO', 'SUMMARY']);

/** Do what a key stands for; keys with a modifier belong to the browser, but for Ctrl-Z. */
export function onKey(event: KeyboardEvent, desk: Desk, replay: () => void): void {
  const { key, target } = event;
  const tag = target instanceof Element ? target.tagName : '';
  if (TYPING.has(tag)) return;
  const undo = (event.ctrlKey || event.metaKey) && key.toLowerCase() === 'z';
  if (!undo && (event.ctrlKey || event.metaKey || event.altKey)) return;
  // A focused button is pressed by Enter and Space itself.
  if (PRESSING.has(tag) && (key === ' ' || (key === 'Enter' && tag !== 'VIDEO' && !isLabelKey(target)))) return;
  const label = LABELS[Number.parseInt(key, 10) - 1];
  const done = event.repeat
    ? false
    : undo || key.toLowerCase() === 'u'
      ? (void desk.undo(), true)
      : key.toLowerCase() === 's'
        ? (void desk.skip(), true)
        : act();
  if (done) event.preventDefault();

  function act(): boolean {
    if (label !== undefined) desk.toggle(label);
    else if (key === '0') desk.cannotTell();
    else if (key === 'Enter') void desk.send();
    else if (key === ' ') replay();
    else return false;
    return true;
  }
}

/** Whether a focused button is one of the labels: there Enter sends, as everywhere else. */
function isLabelKey(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.dataset['label'] !== undefined;
}
