import type { Actor, DeletionReceipt, Retention } from '../../domain/trust.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { readDocument, roomSettings } from './documents.ts';
import type { Queries } from './tables.ts';

/** The clocks of a room that has no settings on record. */
export type RetentionDefaults = Retention;

type Deleted = DeletionReceipt['deleted'];

const SERVER: Actor = { role: 'server', subject: 'retention' };

/** Delete what is older than its room's clocks allow, room by room, each in a transaction of its own; old is by what it ends. */
export async function expire(database: Database, nowMs: number, defaults: RetentionDefaults): Promise<Deleted> {
  const sum = { clips: 0, segments: 0, verdicts: 0, reviewItems: 0, annotations: 0 };
  for (const room of await database.read(roomsWithData)) {
    const deleted = await database.write((trx) => expireRoom(trx, room, nowMs, defaults));
    for (const kind of Object.keys(sum) as (keyof Deleted)[]) sum[kind] += deleted[kind];
  }
  if (Object.values(sum).some((count) => count > 0)) await database.maintain();
  return sum;
}

async function roomsWithData(db: Queries): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('segments')
    .select('room')
    .union(db.selectFrom('verdicts').select('room'))
    .union(db.selectFrom('items').select('room'))
    .execute();
  return rows.map(({ room }) => room).sort();
}

async function expireRoom(trx: Queries, room: string, nowMs: number, defaults: Retention): Promise<Deleted> {
  const row = await trx.selectFrom('rooms').select('settings').where('room', '=', room).executeTakeFirst();
  const { clipsMs, scoresMs, reviewsMs } =
    row === undefined ? defaults : readDocument(roomSettings, row.settings, `settings of room ${room}`).retention;
  const items = await trx
    .selectFrom('items')
    .select(['id', 'clip'])
    .where('room', '=', room)
    .where('end_ms', '<', nowMs - reviewsMs)
    .orderBy('id')
    .forUpdate()
    .execute();
  const annotations = await trx
    .deleteFrom('annotations')
    .using('items')
    .whereRef('annotations.item', '=', 'items.id')
    .where('items.room', '=', room)
    .where('items.end_ms', '<', nowMs - reviewsMs)
    .executeTakeFirst();
  const ended = async (table: 'items' | 'segments' | 'verdicts', lifeMs: number) => {
    const { numDeletedRows } = await trx
      .deleteFrom(table)
      .where('room', '=', room)
      .where('end_ms', '<', nowMs - lifeMs)
      .executeTakeFirst();
    return Number(numDeletedRows);
  };
  const reviewItems = await ended('items', reviewsMs);
  const clips = await trx
    .updateTable('items')
    .set({ clip: null })
    .where('room', '=', room)
    .where('clip', 'is not', null)
    .where('end_ms', '<', nowMs - clipsMs)
    .executeTakeFirst();
  const deleted: Deleted = {
    clips: items.filter(({ clip }) => clip !== null).length + Number(clips.numUpdatedRows),
    segments: await ended('segments', scoresMs),
    verdicts: await ended('verdicts', scoresMs),
    reviewItems,
    annotations: Number(annotations.numDeletedRows),
  };
  if (Object.values(deleted).some((count) => count > 0))
    await writeAudit(trx, {
      atMs: nowMs,
      kind: 'deletion',
      action: 'deletion.expired',
      actor: SERVER,
      room,
      details: { deleted },
    });
  return deleted;
}
