/** The review queue as plain lists: what the store must do, one call after another. */

export interface ModelItem {
  readonly id: string;
  readonly raters: number;
  readonly createdMs: number;
}

interface Hold {
  readonly id: string;
  readonly item: string;
  readonly reviewer: string;
  expiresMs: number;
}

/** An answer or a skip, by the reservation that it ended. */
interface Act {
  readonly kind: 'answer' | 'skip';
  readonly reservation: string;
  readonly item: string;
  readonly reviewer: string;
  readonly atMs: number;
}

export interface QueueModel {
  readonly items: ModelItem[];
  holds: Hold[];
  /** In the order in which they were done. */
  acts: Act[];
  readonly unblinded: Set<string>;
}

export const emptyModel = (): QueueModel => ({ items: [], holds: [], acts: [], unblinded: new Set() });

export const answersOf = (model: QueueModel, item: string) =>
  model.acts.filter((act) => act.kind === 'answer' && act.item === item);

const liveOthers = (model: QueueModel, item: string, reviewer: string | null, nowMs: number) =>
  model.holds.filter((hold) => hold.item === item && hold.reviewer !== reviewer && hold.expiresMs > nowMs).length;

/** Places that are taken: never more than an item has. */
export const placesTaken = (model: QueueModel, item: string, nowMs: number) =>
  answersOf(model, item).length + liveOthers(model, item, null, nowMs);

export function hasPlace(model: QueueModel, id: string, reviewer: string, nowMs: number): boolean {
  const raters = model.items.find((item) => item.id === id)?.raters ?? 0;
  return answersOf(model, id).length + liveOthers(model, id, reviewer, nowMs) < raters;
}

/** What a claim must give: the least answered with a place for them, then the oldest, then by id. */
export function nextFor(model: QueueModel, reviewer: string, nowMs: number): ModelItem | undefined {
  const answers = (item: ModelItem) => answersOf(model, item.id).length;
  return model.items
    .filter((item) => !model.acts.some((act) => act.item === item.id && act.reviewer === reviewer))
    .filter(
      ({ id }) => !model.holds.some((hold) => hold.item === id && hold.reviewer === reviewer && hold.expiresMs > nowMs),
    )
    .filter((item) => hasPlace(model, item.id, reviewer, nowMs))
    .sort((a, b) => answers(a) - answers(b) || a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1))[0];
}

/** The hold of a reservation that may still be used. */
export function usable(model: QueueModel, reservation: string, nowMs: number): Hold | undefined {
  const hold = model.holds.find(({ id }) => id === reservation);
  return hold && (hold.expiresMs > nowMs || hasPlace(model, hold.item, hold.reviewer, nowMs)) ? hold : undefined;
}

export function release(model: QueueModel, reservation: string): void {
  model.holds = model.holds.filter(({ id }) => id !== reservation);
}

/** A reviewer holds an item once: a new reservation takes the place of an old one. */
export function take(model: QueueModel, hold: Hold): void {
  model.holds = model.holds.filter(({ item, reviewer }) => item !== hold.item || reviewer !== hold.reviewer);
  model.holds.push(hold);
}
