import type { TokenStore } from '../../ports/store.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';

/** Revoked tokens, by their ids; what has expired anyway goes when another is revoked. */
export function tokenStore(database: Database): TokenStore {
  return {
    revoke: (id, expiresMs, actor, atMs) =>
      database.write(async (trx) => {
        await trx.deleteFrom('revoked_tokens').where('expires_ms', '<=', atMs).execute();
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('revoked_tokens')
          .values({ id, expires_ms: expiresMs })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst();
        if (!numInsertedOrUpdatedRows) return;
        const details = { token: id, expiresMs };
        await writeAudit(trx, { atMs, kind: 'access', action: 'access.token-revoked', actor, room: null, details });
      }),
    revoked: (nowMs) =>
      database.read(async (db) => {
        const rows = await db.selectFrom('revoked_tokens').select('id').where('expires_ms', '>', nowMs).execute();
        return new Set(rows.map(({ id }) => id));
      }),
  };
}
