import type { ReviewStore } from '../../ports/store.ts';
import { answer, renew, skip } from './answer.ts';
import { claim } from './claim.ts';
import type { Database } from './database.ts';
import { importAnnotations } from './import-annotations.ts';
import { itemRow } from './items.ts';
import { asked, list, reviewed, reviewedItem, sees } from './review-list.ts';
import { progress } from './review-progress.ts';
import { unblind } from './unblind.ts';
import { undo } from './undo.ts';
import { withoutWithdrawn } from './withdrawn.ts';

/** The review queue. */
export function reviewStore(database: Database): ReviewStore {
  return {
    add: (item) =>
      database.write(async (trx) => {
        for (const standing of await withoutWithdrawn(trx, [item]))
          await trx
            .insertInto('items')
            .values(itemRow(standing))
            .onConflict((c) => c.doNothing())
            .execute();
      }),
    claim: (request) => database.write((trx) => claim(trx, request)),
    renew: (id, reviewer, nowMs, reservationMs, rooms = null) =>
      database.write((trx) => renew(trx, id, reviewer, nowMs, reservationMs, rooms)),
    answer: (id, reviewer, given, atMs, rooms = null) =>
      database.write((trx) => answer(trx, id, reviewer, given, atMs, rooms)),
    skip: (id, reviewer, atMs, rooms = null) => database.write((trx) => skip(trx, id, reviewer, atMs, rooms)),
    undo: (request) => database.write((trx) => undo(trx, request)),
    item: (id) => database.read((db) => reviewedItem(db, id)),
    sees: (item, reviewer, nowMs) => database.read((db) => sees(db, item, reviewer, nowMs)),
    unblind: (items, reviewer) => database.write((trx) => unblind(trx, items, reviewer)),
    list: (query) => database.write((trx) => list(trx, query)),
    progress: (rooms, nowMs) => database.read((db) => progress(db, rooms, nowMs)),
    reviewed: (query) => database.read((db) => reviewed(db, query)),
    asked: (query) => database.write((trx) => asked(trx, query)),
    importAnnotations: (annotations, actor, atMs) =>
      database.write((trx) => importAnnotations(trx, annotations, actor, atMs)),
  };
}
