import type { ClaimedItem, ReviewStore } from '../../ports/store.ts';
import { hasPlace, hold, liveReservations, release } from './places.ts';
import type { ItemRow } from './places.ts';
import type { Queries } from './tables.ts';

type ClaimRequest = Parameters<ReviewStore['claim']>[0];

/** Reserve the next item for a reviewer; see `ReviewStore.claim`. */
export async function claim(trx: Queries, request: ClaimRequest): Promise<ClaimedItem | null> {
  const { rooms, reviewer, nowMs, instead } = request;
  if (instead !== undefined) await release(trx, instead, reviewer);
  if (rooms?.length === 0) return null;
  // First past items that others are at just now; where nothing else is left, wait for those.
  for (const locked of ['skip', 'wait'] as const)
    for (;;) {
      const item = await candidate(trx, request, locked);
      if (item === undefined) break;
      // The query saw reservations as they were when it began; under the lock they are as they stay.
      if ((await hasPlace(trx, item, reviewer, nowMs)) && (await isNew(trx, item.id, reviewer, nowMs)))
        return hold(trx, item, request);
    }
  return null;
}

function candidate(
  trx: Queries,
  { reviewer, rooms, nowMs }: ClaimRequest,
  locked: 'skip' | 'wait',
): Promise<ItemRow | undefined> {
  let query = trx
    .selectFrom('items')
    .selectAll()
    .whereRef('answers', '<', 'raters')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('annotations')
            .select('annotations.id')
            .whereRef('annotations.item', '=', 'items.id')
            .where('annotations.reviewer', '=', reviewer),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('skips')
            .select('skips.item')
            .whereRef('skips.item', '=', 'items.id')
            .where('skips.reviewer', '=', reviewer),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('reservations')
            .select('reservations.id')
            .whereRef('reservations.item', '=', 'items.id')
            .where('reservations.reviewer', '=', reviewer)
            .where('reservations.expires_ms', '>', nowMs),
        ),
      ),
    )
    .where((where) => where(liveReservations(where, nowMs, reviewer), '<', where('raters', '-', where.ref('answers'))));
  if (rooms !== null) query = query.where('room', 'in', rooms);
  const next = query.orderBy('answers').orderBy('created_ms').orderBy('id').limit(1).forUpdate();
  return (locked === 'skip' ? next.skipLocked() : next).executeTakeFirst();
}

/** Whether the reviewer has not answered, skipped or taken it on another page meanwhile. */
async function isNew(trx: Queries, item: string, reviewer: string, nowMs: number): Promise<boolean> {
  const { met } = await trx
    .selectNoFrom(({ exists, selectFrom, or }) =>
      or([
        exists(selectFrom('annotations').select('id').where('item', '=', item).where('reviewer', '=', reviewer)),
        exists(selectFrom('skips').select('item').where('item', '=', item).where('reviewer', '=', reviewer)),
        exists(
          selectFrom('reservations')
            .select('id')
            .where('item', '=', item)
            .where('reviewer', '=', reviewer)
            .where('expires_ms', '>', nowMs),
        ),
      ]).as('met'),
    )
    .executeTakeFirstOrThrow();
  return !met;
}
