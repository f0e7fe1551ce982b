/** A `ref` for what takes the place of a button that was pressed: whoever works by keys goes on from there. */
export function focusHere(element: HTMLElement | null): void {
  element?.focus();
}
