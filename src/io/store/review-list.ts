import type { ReviewedItem, ReviewItem } from '../../domain/review.ts';
import type { ReviewListing, ReviewStore } from '../../ports/store.ts';
import { withAnnotations } from './annotations.ts';
import { readInIndexOrder } from './index-order.ts';
import { itemOf } from './items.ts';
import { liveReservations } from './places.ts';
import type { Queries } from './tables.ts';

/** One page of the queue, in a transaction; see `ReviewStore.list`. */
export async function list(
  db: Queries,
  { rooms, state, before, limit, nowMs }: Parameters<ReviewStore['list']>[0],
): Promise<readonly ReviewListing[]> {
  if (rooms?.length === 0) return [];
  // The few that are held are found by who holds them, and sorted.
  if (state !== 'held') await readInIndexOrder(db);
  let query = db
    .selectFrom('items')
    .select(['id', 'room', 'participant', 'created_ms', 'start_ms', 'end_ms', 'status', 'reason', 'answers', 'raters'])
    .select((select) => liveReservations(select, nowMs, null).as('live'));
  if (rooms !== null) query = query.where('room', 'in', rooms);
  if (before !== undefined)
    query = query.where((eb) => eb(eb.refTuple('created_ms', 'id'), '<', eb.tuple(before.createdMs, before.id)));
  if (state === 'done') query = query.whereRef('answers', '>=', 'raters');
  else if (state !== undefined) {
    query = query
      .whereRef('answers', '<', 'raters')
      .where((where) =>
        where(
          liveReservations(where, nowMs, null),
          state === 'open' ? '<' : '>=',
          where('raters', '-', where.ref('answers')),
        ),
      );
    if (state === 'held')
      query = query.where('id', 'in', (where) =>
        where.selectFrom('reservations').select('reservations.item').where('expires_ms', '>', nowMs),
      );
  }
  const rows = await query.orderBy('created_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map(({ created_ms, start_ms, end_ms, live, status, reason, ...row }) => {
    const done = row.answers >= row.raters;
    return {
      ...row,
      createdMs: created_ms,
      startMs: start_ms,
      endMs: end_ms,
      status: done ? (status as ReviewListing['status']) : null,
      reason: done ? (reason as ReviewListing['reason']) : null,
      state: done ? 'done' : row.answers + (live ?? 0) >= row.raters ? 'held' : 'open',
    };
  });
}

/** Answered items in pages; see `ReviewStore.reviewed`. */
export async function reviewed(
  db: Queries,
  { rooms, pack, after, limit }: Parameters<ReviewStore['reviewed']>[0],
): Promise<readonly ReviewedItem[]> {
  if (rooms?.length === 0) return [];
  let query = db.selectFrom('items').selectAll().where('answers', '>', 0);
  if (rooms !== null) query = query.where('room', 'in', rooms);
  if (pack !== undefined) query = query.where('pack', '=', pack);
  if (after !== undefined)
    query = query.where((eb) => eb(eb.refTuple('created_ms', 'id'), '>', eb.tuple(after.createdMs, after.id)));
  return withAnnotations(db, await query.orderBy('created_ms').orderBy('id').limit(limit).execute());
}

/** Items with or without answers, in pages, in a transaction; see `ReviewStore.asked`. */
export async function asked(
  db: Queries,
  { pack, beforeMs, after, limit }: Parameters<ReviewStore['asked']>[0],
): Promise<readonly ReviewItem[]> {
  await readInIndexOrder(db);
  let query = db.selectFrom('items').selectAll().where('pack', '=', pack).where('created_ms', '<', beforeMs);
  if (after !== undefined)
    query = query.where((eb) => eb(eb.refTuple('created_ms', 'id'), '>', eb.tuple(after.createdMs, after.id)));
  return (await query.orderBy('created_ms').orderBy('id').limit(limit).execute()).map(itemOf);
}

/** An item by its id; null when there is none. */
export async function reviewedItem(db: Queries, id: string): Promise<ReviewedItem | null> {
  const rows = await db.selectFrom('items').selectAll().where('id', '=', id).execute();
  return (await withAnnotations(db, rows))[0] ?? null;
}

/** See `ReviewStore.sees`. */
export async function sees(db: Queries, item: string, reviewer: string, nowMs: number): Promise<boolean> {
  const { answers, held } = await db
    .selectNoFrom((eb) => [
      eb
        .exists(eb.selectFrom('annotations').select('id').where('item', '=', item).where('reviewer', '=', reviewer))
        .as('answers'),
      eb
        .exists(
          eb
            .selectFrom('reservations')
            .select('id')
            .where('item', '=', item)
            .where('reviewer', '=', reviewer)
            .where('expires_ms', '>', nowMs),
        )
        .as('held'),
    ])
    .executeTakeFirstOrThrow();
  return Boolean(answers) || Boolean(held);
}
