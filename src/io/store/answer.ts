import { randomUUID } from 'node:crypto';
import type { Actor } from '../../domain/trust.ts';
import type { Answer, Reservation, ReviewedItem } from '../../domain/review.ts';
import { annotationRow, withAnnotations } from './annotations.ts';
import { writeAudit } from './audit.ts';
import { lockItem } from './items.ts';
import { hasPlace, release, reservationLost } from './places.ts';
import type { ItemRow } from './places.ts';
import type { Queries } from './tables.ts';

/** Rooms that somebody may see; null: all. */
type Rooms = readonly string[] | null;

interface Who {
  readonly reviewer: string;
  readonly rooms: Rooms;
}

/** Who a reviewer is to the audit log. */
export const reviewerActor = (subject: string): Actor => ({ role: 'reviewer', subject });

/** Hold it longer; see `ReviewStore.renew`. */
export async function renew(
  trx: Queries,
  reservation: string,
  reviewer: string,
  nowMs: number,
  reservationMs: number,
  rooms: Rooms,
): Promise<Reservation> {
  const item = await heldItem(trx, reservation, { reviewer, rooms }, nowMs);
  const expiresMs = nowMs + reservationMs;
  await trx.updateTable('reservations').set({ expires_ms: expiresMs }).where('id', '=', reservation).execute();
  return { id: reservation, item: item.id, reviewer, expiresMs };
}

/** Put an answer on record, once; see `ReviewStore.answer`. */
export async function answer(
  trx: Queries,
  reservation: string,
  reviewer: string,
  given: Answer & { readonly tookMs: number },
  atMs: number,
  rooms: Rooms,
): Promise<ReviewedItem> {
  const who = { reviewer, rooms };
  const known = await answered(trx, reservation, who);
  if (known !== null) return known;
  const item = await heldItem(trx, reservation, who, atMs).catch(async (lost: unknown) => {
    // The same answer may have been on its way twice: the other came first while this one waited for the lock.
    const already = await answered(trx, reservation, who);
    if (already !== null) return already;
    throw lost;
  });
  if ('annotations' in item) return item;
  const { labels, cannotTell, attributes, tookMs } = given;
  const id = randomUUID();
  const informed = await isUnblinded(trx, item.id, reviewer);
  const annotation = { id, item: item.id, reviewer, atMs, tookMs, informed, labels, cannotTell, attributes };
  await trx.insertInto('annotations').values(annotationRow(annotation, reservation)).execute();
  await release(trx, reservation, reviewer);
  const answers = item.answers + 1;
  await trx.updateTable('items').set({ answers }).where('id', '=', item.id).execute();
  const [reviewed] = await withAnnotations(trx, [{ ...item, answers }]);
  if (reviewed === undefined) throw reservationLost();
  await writeAudit(trx, {
    atMs,
    kind: 'review',
    action: 'review.answered',
    actor: reviewerActor(reviewer),
    room: item.room,
    details: { item: item.id, annotation: id },
  });
  return reviewed;
}

/** Give it back for good; see `ReviewStore.skip`. */
export async function skip(
  trx: Queries,
  reservation: string,
  reviewer: string,
  atMs: number,
  rooms: Rooms,
): Promise<void> {
  const who = { reviewer, rooms };
  const held = await reservationOf(trx, reservation, who);
  const item = held && (await lockItem(trx, held.item));
  if (item === undefined || (await reservationOf(trx, reservation, who)) === undefined) {
    const done = await trx
      .selectFrom('skips')
      .select('item')
      .where('reservation', '=', reservation)
      .where('reviewer', '=', reviewer)
      .executeTakeFirst();
    if (done !== undefined) return;
    throw reservationLost();
  }
  await release(trx, reservation, reviewer);
  await trx.insertInto('skips').values({ item: item.id, reviewer, at_ms: atMs, reservation }).execute();
  const details = { item: item.id };
  const actor = reviewerActor(reviewer);
  await writeAudit(trx, { atMs, kind: 'review', action: 'review.skipped', actor, room: item.room, details });
}

/** The item of a reservation, locked; one that has expired serves while there is a place. @throws `reservation-lost`. */
async function heldItem(trx: Queries, reservation: string, who: Who, nowMs: number): Promise<ItemRow> {
  const seen = await reservationOf(trx, reservation, who);
  const item = seen && (await lockItem(trx, seen.item));
  const held = item && (await reservationOf(trx, reservation, who));
  if (item === undefined || held === undefined) throw reservationLost();
  if (held.expires_ms <= nowMs && !(await hasPlace(trx, item, who.reviewer, nowMs))) throw reservationLost();
  return item;
}

function reservationOf(trx: Queries, id: string, { reviewer, rooms }: Who) {
  return trx
    .selectFrom('reservations')
    .innerJoin('items', 'items.id', 'reservations.item')
    .select(['reservations.item', 'reservations.expires_ms'])
    .where('reservations.id', '=', id)
    .where('reservations.reviewer', '=', reviewer)
    .$if(rooms !== null, (query) => query.where('items.room', 'in', rooms ?? []))
    .executeTakeFirst();
}

/** The item that the reservation was answered for; null when it was not. */
async function answered(trx: Queries, reservation: string, { reviewer, rooms }: Who): Promise<ReviewedItem | null> {
  const row = await trx
    .selectFrom('items')
    .selectAll('items')
    .innerJoin('annotations', 'annotations.item', 'items.id')
    .where('annotations.reservation', '=', reservation)
    .where('annotations.reviewer', '=', reviewer)
    .$if(rooms !== null, (query) => query.where('items.room', 'in', rooms ?? []))
    .executeTakeFirst();
  return row === undefined ? null : ((await withAnnotations(trx, [row]))[0] ?? null);
}

async function isUnblinded(trx: Queries, item: string, reviewer: string): Promise<boolean> {
  const row = await trx
    .selectFrom('unblinded')
    .select('item')
    .where('item', '=', item)
    .where('reviewer', '=', reviewer)
    .executeTakeFirst();
  return row !== undefined;
}
