import { isDeepStrictEqual } from 'node:util';
import type { RoomSettings } from '../../domain/trust.ts';
import type { SettingsStore } from '../../ports/store.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { readDocument, roomSettings } from './documents.ts';

/** Rooms' settings, one row a room. */
export function settingsStore(database: Database): SettingsStore {
  const read = (row: { readonly room: string; readonly settings: unknown }) =>
    readDocument(roomSettings, row.settings, `settings of room ${row.room}`);
  return {
    of: (room) =>
      database.read(async (db) => {
        const row = await db.selectFrom('rooms').selectAll().where('room', '=', room).executeTakeFirst();
        return row === undefined ? null : read(row);
      }),
    all: () =>
      database.read(async (db) => (await db.selectFrom('rooms').selectAll().orderBy('room').execute()).map(read)),
    save: (settings, actor, atMs) =>
      database.write(async (trx) => {
        const { room } = settings;
        const before = await trx
          .selectFrom('rooms')
          .selectAll()
          .where('room', '=', room)
          .forUpdate()
          .executeTakeFirst();
        const row = { settings: JSON.stringify(settings), saved_ms: atMs };
        await trx
          .insertInto('rooms')
          .values({ room, ...row })
          .onConflict((conflict) => conflict.column('room').doUpdateSet(row))
          .execute();
        const changed = before === undefined ? settings : changes(read(before), settings);
        const action = before === undefined ? 'configuration.created' : 'configuration.changed';
        await writeAudit(trx, { atMs, kind: 'configuration', action, actor, room, details: { changed } });
      }),
  };
}

/** What is set anew, by the setting's name. */
function changes(before: RoomSettings, after: RoomSettings): Readonly<Record<string, unknown>> {
  const old: Readonly<Record<string, unknown>> = { ...before };
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !isDeepStrictEqual(value, old[name])));
}
