import { sql } from 'kysely';
import { UndertoneError } from '../../errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Migration } from './migrations.ts';
import type { Queries } from './tables.ts';

/** Locks by number, for the length of a transaction; any process of the database sees them. */
const MIGRATION_LOCK = 0x756e6401;

/**
 * Bring the schema up to date, each step in a transaction of its own under a lock, so that servers which start at once
 * migrate once.
 * @throws UndertoneError `store-invalid` when the database was written by a newer version, or by something else.
 */
export async function migrate(db: Queries, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  while (await step(db, migrations));
}

/** @returns whether there was a step to take. */
function step(db: Queries, migrations: readonly Migration[]): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx);
    await sql`create table if not exists undertone_migrations (position integer primary key, name text not null)`.execute(
      trx,
    );
    const done = await trx.selectFrom('undertone_migrations').select('name').orderBy('position').execute();
    const strange = done.find(({ name }, i) => name !== migrations[i]?.name);
    if (strange !== undefined)
      throw new UndertoneError(
        'store-invalid',
        `the database has a step that this version does not know ('${strange.name}'): it was written by a newer ` +
          'version; start that one, or restore a backup',
      );
    const next = migrations[done.length];
    if (next === undefined) return false;
    for (const statement of next.statements) await sql.raw(statement).execute(trx);
    await trx.insertInto('undertone_migrations').values({ position: done.length, name: next.name }).execute();
    return true;
  });
}
