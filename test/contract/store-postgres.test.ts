/** The store's contract on a real Postgres. */
import { sql } from 'kysely';
import { afterAll, describe, test } from 'vitest';
import { createDatabase } from '../../src/io/store/database.ts';
import { storeOn } from '../../src/io/store/open.ts';
import { postgresDialect } from '../../src/io/store/postgres.ts';
import { startPostgres } from './postgres-server.ts';
import { describeStore } from './store.ts';

const server = await startPostgres();
afterAll(() => server?.close());

if (server === null)
  describe('the store on Postgres', () => {
    test.skip('skipped: there is no Postgres here; `npm ci` brings one, or install the package postgresql', () =>
      undefined);
  });
else
  describeStore('the store on Postgres', async () => {
    const database = createDatabase(
      postgresDialect({ url: await server.createDatabase(), statementTimeoutMs: 120_000 }),
      {
        autovacuum: true,
      },
    );
    return {
      store: await storeOn(database),
      sql: (statement) =>
        database.read(async (db) => (await sql.raw<Record<string, unknown>>(statement).execute(db)).rows),
    };
  });
