import { retentionCutoffs } from '../../core/trust/retention.ts';
import type { RetentionPeriod } from '../../core/trust/retention.ts';
import type { Actor, DeletionReceipt, Retention } from '../../domain/trust.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { readDocument, roomSettings, settingsChange } from './documents.ts';
import type { Queries } from './tables.ts';

/** The clocks of a room that has no settings on record. */
export type RetentionDefaults = Retention;

type Deleted = DeletionReceipt['deleted'];

const SERVER: Actor = { role: 'server', subject: 'retention' };

/** Delete what is older than its room's clocks have allowed since, room by room, each in a transaction of its own; old is by what it ends. */
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
  const { clipsMs, scoresMs, reviewsMs } = retentionCutoffs(nowMs, await periodsOf(trx, room, defaults));
  const items = await trx
    .selectFrom('items')
    .select(['id', 'clip'])
    .where('room', '=', room)
    .where('end_ms', '<', reviewsMs)
    .orderBy('id')
    .forUpdate()
    .execute();
  const annotations = await trx
    .deleteFrom('annotations')
    .using('items')
    .whereRef('annotations.item', '=', 'items.id')
    .where('items.room', '=', room)
    .where('items.end_ms', '<', reviewsMs)
    .executeTakeFirst();
  const ended = async (table: 'items' | 'segments' | 'verdicts', cutoffMs: number) => {
    const { numDeletedRows } = await trx
      .deleteFrom(table)
      .where('room', '=', room)
      .where('end_ms', '<', cutoffMs)
      .executeTakeFirst();
    return Number(numDeletedRows);
  };
  const reviewItems = await ended('items', reviewsMs);
  const clips = await trx
    .updateTable('items')
    .set({ clip: null })
    .where('room', '=', room)
    .where('clip', 'is not', null)
    .where('end_ms', '<', clipsMs)
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

/** What retention a room has had: its settings' changes are all in the audit log, which nobody can change. */
async function periodsOf(trx: Queries, room: string, defaults: Retention): Promise<readonly RetentionPeriod[]> {
  const present = await trx.selectFrom('rooms').selectAll().where('room', '=', room).executeTakeFirst();
  const first = { fromMs: -Infinity, retention: defaults };
  if (present === undefined) return [first];
  const changes = await trx
    .selectFrom('audit')
    .select(['seq', 'at_ms', 'details'])
    .where('kind', '=', 'configuration')
    .where('action', 'in', ['configuration.created', 'configuration.changed'])
    .where('room', '=', room)
    .orderBy('seq')
    .execute();
  const since = changes.flatMap(({ seq, at_ms, details }) => {
    const { retention } = readDocument(settingsChange, details, `audit entry ${seq.toString()}`).changed;
    return retention === undefined ? [] : [{ fromMs: at_ms, retention }];
  });
  const { retention } = readDocument(roomSettings, present.settings, `settings of room ${room}`);
  // Whatever the clocks of those who changed it said, nothing stays longer than is allowed by now.
  return [first, ...since, { fromMs: Infinity, retention }];
}
