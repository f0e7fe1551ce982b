import { randomUUID } from 'node:crypto';
import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Reservation } from '../../domain/review.ts';
import { UndertoneError } from '../../errors.ts';
import type { ClaimedItem } from '../../ports/store.ts';
import { itemOf } from './items.ts';
import type { Queries, Tables } from './tables.ts';

/** An item's row. */
export type ItemRow = Selectable<Tables['items']>;

/**
 * How many live reservations the item in the query has, those of `except` left out. An item has as many places as it wants
 * answers; an answer takes one for good, a reservation until it expires.
 */
export function liveReservations(eb: ExpressionBuilder<Tables, 'items'>, nowMs: number, except: string | null) {
  const live = eb
    .selectFrom('reservations')
    .select(eb.fn.countAll<number>().as('n'))
    .whereRef('reservations.item', '=', 'items.id')
    .where('reservations.expires_ms', '>', nowMs);
  return except === null ? live : live.where('reservations.reviewer', '!=', except);
}

/** Whether there is a place for the reviewer in an item that is locked. */
export async function hasPlace(trx: Queries, item: ItemRow, reviewer: string, nowMs: number): Promise<boolean> {
  const { n } = await trx
    .selectFrom('reservations')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('item', '=', item.id)
    .where('expires_ms', '>', nowMs)
    .where('reviewer', '!=', reviewer)
    .executeTakeFirstOrThrow();
  return item.answers + n < item.raters;
}

/** Give the reviewer a reservation of an item that is locked, in place of any that they have of it. */
export async function hold(
  trx: Queries,
  item: ItemRow,
  {
    reviewer,
    nowMs,
    reservationMs,
  }: { readonly reviewer: string; readonly nowMs: number; readonly reservationMs: number },
): Promise<ClaimedItem> {
  const reservation: Reservation = { id: randomUUID(), item: item.id, reviewer, expiresMs: nowMs + reservationMs };
  const row = { id: reservation.id, expires_ms: reservation.expiresMs };
  await trx
    .insertInto('reservations')
    .values({ ...row, item: item.id, reviewer })
    .onConflict((conflict) => conflict.columns(['item', 'reviewer']).doUpdateSet(row))
    .execute();
  return { reservation, item: itemOf(item) };
}

/** Give a reservation back; one that is gone is given back already. */
export async function release(trx: Queries, reservation: string, reviewer: string): Promise<void> {
  await trx.deleteFrom('reservations').where('id', '=', reservation).where('reviewer', '=', reviewer).execute();
}

/** What is told who comes too late. */
export function reservationLost(): UndertoneError {
  return new UndertoneError(
    'reservation-lost',
    'this item is not held for you any more: the time was up and somebody else took it, or it was deleted; claim another',
  );
}
