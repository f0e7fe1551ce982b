import { sql } from 'kysely';
import type { Retention } from '../../domain/trust.ts';
import type { Store } from '../../ports/store.ts';
import { auditStore } from './audit.ts';
import { calibrationStore } from './calibrations.ts';
import { createDatabase } from './database.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { peopleStore } from './people.ts';
import { pgliteDialect } from './pglite.ts';
import { postgresDialect } from './postgres.ts';
import type { PostgresOptions } from './postgres.ts';
import { reviewStore } from './reviews.ts';
import { scoreStore } from './scores.ts';
import { settingsStore } from './settings.ts';
import { tokenStore } from './tokens.ts';
import { webhookStore } from './webhooks.ts';

const DAY_MS = 86_400_000;
const DEFAULT_RETENTION: Retention = { clipsMs: 7 * DAY_MS, scoresMs: 30 * DAY_MS, reviewsMs: 90 * DAY_MS };

/** Where a store is kept, one of three, and what holds for rooms without settings. */
export type StoreOptions = (
  | { readonly at: 'folder'; readonly folder: string }
  | { readonly at: 'memory' }
  | ({ readonly at: 'postgres' } & PostgresOptions)
) & {
  /** Clocks of a room that has no settings on record. Default 7, 30 and 90 days. */
  readonly retention?: Retention;
};

/**
 * Open the store and bring its tables up to date. The embedded database makes its folder where there is none, which takes some
 * seconds; it opens in half a second after that.
 * @throws UndertoneError `store-unavailable` when the database does not answer or the folder is in use; `store-invalid` when a
 *   newer version wrote it.
 * @example
 * const store = await openStore({ at: 'folder', folder: '.undertone/store' });
 * const receipt = await store.people.withdraw({ room: 'lobby', participant }, Date.now(), actor);
 * await store.close();
 */
export function openStore(options: StoreOptions): Promise<Store> {
  return storeOn(databaseOf(options), options.retention);
}

/**
 * A store on a database, whose tables it brings up to date; closed with it.
 * @throws as `openStore`.
 */
export async function storeOn(database: Database, retention = DEFAULT_RETENTION): Promise<Store> {
  try {
    await database.read(migrate);
    await database.maintain();
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    settings: settingsStore(database),
    people: peopleStore(database),
    scores: scoreStore(database, retention),
    reviews: reviewStore(database),
    calibrations: calibrationStore(database),
    audit: auditStore(database),
    tokens: tokenStore(database),
    webhooks: webhookStore(database),
    ping: () =>
      database.read(async (db) => {
        await sql`select 1`.execute(db);
      }),
    close: () => database.close(),
  };
}

function databaseOf(options: StoreOptions): Database {
  switch (options.at) {
    case 'folder':
      return createDatabase(pgliteDialect(options.folder), { autovacuum: false });
    case 'memory':
      return createDatabase(pgliteDialect(null), { autovacuum: false });
    case 'postgres':
      return createDatabase(postgresDialect(options), { autovacuum: true });
  }
}
