import type { ClaimedItem, ReviewStore } from '../../ports/store.ts';
import { reviewerActor } from './answer.ts';
import { writeAudit } from './audit.ts';
import { lockItem } from './items.ts';
import { hasPlace, hold, release, reservationLost } from './places.ts';
import type { ItemRow } from './places.ts';
import type { Queries } from './tables.ts';
import { unblind } from './unblind.ts';

type UndoRequest = Parameters<ReviewStore['undo']>[0];

interface Act {
  readonly kind: 'annotations' | 'skips';
  readonly item: string;
  readonly reservation: string | null;
  readonly position: number;
}

/** Take the latest answer or skip back; see `ReviewStore.undo`. */
export async function undo(trx: Queries, request: UndoRequest): Promise<ClaimedItem | null> {
  const { reviewer, nowMs, instead } = request;
  const act = await latestAct(trx, request);
  if (act === undefined) return null;
  const item = await lockItem(trx, act.item);
  // Taken back, or deleted with its item, while this waited for the lock.
  if (item === undefined || (await latestAct(trx, request))?.position !== act.position) return null;
  if (act.kind === 'skips' && !(await hasPlace(trx, item, reviewer, nowMs))) throw reservationLost();
  const row =
    act.kind === 'skips' ? await takeSkipBack(trx, item, reviewer) : await takeAnswerBack(trx, item, reviewer);
  if (instead !== undefined) await release(trx, instead, reviewer);
  const claimed = await hold(trx, row, request);
  await writeAudit(trx, {
    atMs: nowMs,
    kind: 'review',
    action: act.kind === 'skips' ? 'review.skip-undone' : 'review.answer-undone',
    actor: reviewerActor(reviewer),
    room: item.room,
    details: { item: item.id },
  });
  return claimed;
}

async function latestAct(
  trx: Queries,
  { reviewer, rooms = null, nowMs, withinMs }: UndoRequest,
): Promise<Act | undefined> {
  if (rooms?.length === 0) return undefined;
  const latest = (kind: Act['kind']) => {
    let query = trx
      .selectFrom(kind)
      .select(['item', 'reservation', 'position'])
      .where('reviewer', '=', reviewer)
      .where('at_ms', '>', nowMs - withinMs)
      .where('reservation', 'is not', null);
    if (rooms !== null)
      query = query.where('item', 'in', (where) =>
        where.selectFrom('items').select('items.id').where('items.room', 'in', rooms),
      );
    return query.orderBy('at_ms', 'desc').orderBy('position', 'desc').limit(1).executeTakeFirst();
  };
  const [annotation, skip] = [await latest('annotations'), await latest('skips')];
  if (annotation === undefined || (skip !== undefined && skip.position > annotation.position))
    return skip && { kind: 'skips', ...skip };
  return { kind: 'annotations', ...annotation };
}

async function takeSkipBack(trx: Queries, item: ItemRow, reviewer: string): Promise<ItemRow> {
  await trx.deleteFrom('skips').where('item', '=', item.id).where('reviewer', '=', reviewer).execute();
  return item;
}

/** The verdict was told with the answer: the next one is not blind. */
async function takeAnswerBack(trx: Queries, item: ItemRow, reviewer: string): Promise<ItemRow> {
  await trx.deleteFrom('annotations').where('item', '=', item.id).where('reviewer', '=', reviewer).execute();
  await unblind(trx, [item.id], reviewer);
  const answers = item.answers - 1;
  await trx.updateTable('items').set({ answers }).where('id', '=', item.id).execute();
  return { ...item, answers };
}
