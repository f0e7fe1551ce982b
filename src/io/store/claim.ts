import type { ClaimedItem, ReviewStore } from '../../ports/store.ts';
import { readInIndexOrder } from './index-order.ts';
import { hold, liveReservations, release } from './places.ts';
import type { ItemRow } from './places.ts';
import type { Queries } from './tables.ts';

type ClaimRequest = Parameters<ReviewStore['claim']>[0];

/** Reserve the next item for a reviewer; see `ReviewStore.claim`. */
export async function claim(trx: Queries, request: ClaimRequest): Promise<ClaimedItem | null> {
  const { rooms, reviewer, instead } = request;
  if (instead !== undefined) await release(trx, instead, reviewer);
  if (rooms?.length === 0) return null;
  await readInIndexOrder(trx);
  // First past items that others are at just now; where nothing else is left, wait for those.
  for (const locked of ['skip', 'wait'] as const)
    for (;;) {
      const item = await lockNext(trx, request, locked);
      if (item === undefined) break;
      // That query saw places as they were when it began; under the lock they are as they stay.
      const still = await wanted(trx, request).where('id', '=', item.id).executeTakeFirst();
      if (still !== undefined) return hold(trx, still, request);
    }
  return null;
}

function lockNext(trx: Queries, request: ClaimRequest, locked: 'skip' | 'wait'): Promise<ItemRow | undefined> {
  const next = wanted(trx, request).orderBy('answers').orderBy('created_ms').orderBy('id').limit(1).forUpdate();
  return (locked === 'skip' ? next.skipLocked() : next).executeTakeFirst();
}

/**
 * Items with a place for the reviewer, who has neither answered nor skipped nor holds them. Counted item by item: asked
 * whether any exist, the planner likes to read all that the reviewer ever did first.
 */
function wanted(trx: Queries, { reviewer, rooms, nowMs }: ClaimRequest) {
  const query = trx
    .selectFrom('items')
    .selectAll('items')
    .whereRef('answers', '<', 'raters')
    .where((eb) => eb(liveReservations(eb, nowMs, reviewer), '<', eb('raters', '-', eb.ref('answers'))))
    .where((eb) =>
      eb(
        eb
          .selectFrom('annotations')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .whereRef('annotations.item', '=', 'items.id')
          .where('annotations.reviewer', '=', reviewer),
        '=',
        0,
      ),
    )
    .where((eb) =>
      eb(
        eb
          .selectFrom('skips')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .whereRef('skips.item', '=', 'items.id')
          .where('skips.reviewer', '=', reviewer),
        '=',
        0,
      ),
    )
    .where((eb) =>
      eb(
        eb
          .selectFrom('reservations')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .whereRef('reservations.item', '=', 'items.id')
          .where('reservations.reviewer', '=', reviewer)
          .where('reservations.expires_ms', '>', nowMs),
        '=',
        0,
      ),
    );
  return rooms === null ? query : query.where('room', 'in', rooms);
}
