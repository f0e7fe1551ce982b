/** The store's contract on the embedded database, in memory. */
import { sql } from 'kysely';
import { createDatabase } from '../../src/io/store/database.ts';
import { storeOn } from '../../src/io/store/open.ts';
import { pgliteDialect } from '../../src/io/store/pglite.ts';
import { describeStore } from './store.ts';

describeStore('the embedded store', async () => {
  const database = createDatabase(pgliteDialect(null), { autovacuum: false });
  return {
    store: await storeOn(database),
    sql: (statement) =>
      database.read(async (db) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows),
  };
});
