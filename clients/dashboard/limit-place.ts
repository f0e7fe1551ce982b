/** Where the slider stands, kept for this tab: a reload finds it where it was. */
import type { Limits } from './limits.ts';

/** The part of a browser window that keeps it; `window` fits. */
export interface PlaceKeeper {
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
}

const keyOf = (room: string): string => `undertone.limit.${room}`;

/** The place kept for a room; that of the room's own rule where none is, or where the pack no longer has it. */
export function keptPlace({ sessionStorage }: PlaceKeeper, room: string, { steps, room: own }: Limits): number {
  const kept = sessionStorage.getItem(keyOf(room));
  const place = steps.findIndex(({ risk, isRoom }) => !isRoom && String(risk) === kept);
  return place === -1 ? own : place;
}

/** Keep a place for a room. It is kept by its risk, as another pack may have other steps. */
export function keepPlace({ sessionStorage }: PlaceKeeper, room: string, { steps }: Limits, place: number): void {
  const step = steps[place];
  if (step !== undefined) sessionStorage.setItem(keyOf(room), step.isRoom ? 'room' : String(step.risk));
}
