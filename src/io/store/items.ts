import type { Insertable, Selectable } from 'kysely';
import type { ReviewItem } from '../../domain/review.ts';
import { causes, perLabel, readDocument, verdict } from './documents.ts';
import type { Queries, Tables } from './tables.ts';

/** A review item out of its row. */
export function itemOf(row: Selectable<Tables['items']>): ReviewItem {
  const { id, room, participant, segment, propensity, clip, raters } = row;
  const what = `review item ${id}`;
  return {
    id,
    room,
    participant,
    segment,
    createdMs: row.created_ms,
    causes: readDocument(causes, row.causes, what),
    propensity,
    verdict: readDocument(verdict, row.verdict, what),
    packProbabilities: readDocument(perLabel, row.pack_probabilities, what),
    clip,
    raters,
  };
}

/** Its row. */
export function itemRow(item: ReviewItem): Insertable<Tables['items']> {
  const { id, room, participant, segment, createdMs, propensity, clip, raters, verdict } = item;
  return {
    id,
    room,
    participant,
    segment,
    created_ms: createdMs,
    causes: JSON.stringify(item.causes),
    propensity,
    verdict: JSON.stringify(verdict),
    pack_probabilities: JSON.stringify(item.packProbabilities),
    clip,
    raters,
    start_ms: verdict.startMs,
    end_ms: verdict.endMs,
    status: verdict.status,
    reason: verdict.reason,
    pack: verdict.pack,
    answers: 0,
  };
}

/**
 * Lock an item: whoever changes who holds its places holds this lock.
 * @returns its row as it is by then; undefined when it is gone.
 */
export function lockItem(trx: Queries, id: string): Promise<Selectable<Tables['items']> | undefined> {
  return trx.selectFrom('items').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}
