import type { ReviewStore } from '../../ports/store.ts';
import { answer, renew, skip } from './answer.ts';
import { claim } from './claim.ts';
import type { Database } from './database.ts';
import { importAnnotations } from './import-annotations.ts';
import { itemRow } from './items.ts';
import { list, reviewed, reviewedItem, sees } from './review-list.ts';
import { progress } from './review-progress.ts';
import { undo } from './undo.ts';
import { withoutWithdrawn } from './withdrawn.ts';

/** The review queue. */
export function reviewStore(database: Database): ReviewStore {
  const { read, write } = database;
  return {
    add: (item) =>
      write(async (trx) => {
        for (const standing of await withoutWithdrawn(trx, [item]))
          await trx
            .insertInto('items')
            .values(itemRow(standing))
            .onConflict((c) => c.doNothing())
            .execute();
      }),
    claim: (request) => write((trx) => claim(trx, request)),
    renew: (id, reviewer, nowMs, reservationMs) => write((trx) => renew(trx, id, reviewer, nowMs, reservationMs)),
    answer: (id, reviewer, given, atMs) => write((trx) => answer(trx, id, reviewer, given, atMs)),
    skip: (id, reviewer, atMs) => write((trx) => skip(trx, id, reviewer, atMs)),
    undo: (request) => write((trx) => undo(trx, request)),
    item: (id) => read((db) => reviewedItem(db, id)),
    sees: (item, reviewer, nowMs) => read((db) => sees(db, item, reviewer, nowMs)),
    list: (query) => read((db) => list(db, query)),
    progress: (rooms, nowMs) => read((db) => progress(db, rooms, nowMs)),
    reviewed: (query) => read((db) => reviewed(db, query)),
    importAnnotations: (annotations, actor, atMs) => write((trx) => importAnnotations(trx, annotations, actor, atMs)),
  };
}
