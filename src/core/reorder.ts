/** Puts what arrives out of order back in order, by sequence number. */

/** What waits for its turn; start from `IN_ORDER`. */
export interface Reorder<T> {
  /** The number whose turn it is. */
  readonly next: number;
  readonly held: ReadonlyMap<number, T>;
}

/** Nothing seen yet: number 0 is next. */
export const IN_ORDER: Reorder<never> = { next: 0, held: new Map<number, never>() };

export interface ReorderOptions {
  /** How many may wait for a missing one before it is given up. Default 32. */
  readonly capacity?: number;
}

/**
 * Take one numbered item. A number that was released, given up or seen before is ignored.
 * @returns the new state and the items whose turn has come.
 */
export function reorder<T extends { readonly seq: number }>(
  state: Reorder<T>,
  item: T,
  { capacity = 32 }: ReorderOptions = {},
): readonly [Reorder<T>, readonly T[]] {
  if (item.seq < state.next) return [state, []];
  const held = new Map(state.held).set(item.seq, item);
  let next = held.size > capacity ? Math.min(...held.keys()) : state.next;
  const released: T[] = [];
  for (let turn = held.get(next); turn !== undefined; turn = held.get(next)) {
    released.push(turn);
    held.delete(next);
    next++;
  }
  return [{ next, held }, released];
}
