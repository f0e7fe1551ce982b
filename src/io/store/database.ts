import { Kysely, sql } from 'kysely';
import type { Dialect } from 'kysely';
import { UndertoneError } from '../../errors.ts';
import { isConflict, storeFailure } from './failure.ts';
import type { Queries, Tables } from './tables.ts';

/** How often a transaction that collided with another is tried. */
const ATTEMPTS = 5;

/** The one way to the database. */
export interface Database {
  /** Run queries that need no transaction. @throws UndertoneError; see `storeFailure`. */
  read<T>(queries: (db: Queries) => Promise<T>): Promise<T>;
  /** All or nothing, durable once it resolves; begun again after a collision, so `work` has no effect but its queries. */
  write<T>(work: (trx: Queries) => Promise<T>): Promise<T>;
  /** Give the room of deleted rows back and tell the planner how large tables are, where nobody else does. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}

/** What is known of a database beside how it is talked to. */
export interface DatabaseOptions {
  /** Whether it vacuums by itself, as a server does. */
  readonly autovacuum: boolean;
}

/** A database by a dialect of Kysely. */
export function createDatabase(dialect: Dialect, { autovacuum }: DatabaseOptions): Database {
  const db = new Kysely<Tables>({ dialect });
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw storeFailure(thrown);
    }
  };
  return {
    read: (queries) => translated(() => queries(db)),
    write: (work) =>
      translated(async () => {
        for (let attempt = 1; attempt < ATTEMPTS; attempt++)
          try {
            return await db.transaction().execute(work);
          } catch (thrown) {
            if (!isConflict(thrown)) throw thrown;
          }
        return await db.transaction().execute(work);
      }),
    maintain: () =>
      translated(async () => {
        if (!autovacuum) await sql`vacuum (analyze)`.execute(db);
      }),
    close: () => db.destroy(),
  };
}

/**
 * Refuse text that a database would change or refuse: NUL, and halves of a character, which are all kept as one and the same.
 * @throws UndertoneError `bad-message`.
 */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const value of parameters.flat())
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
      throw new UndertoneError(
        'bad-message',
        `${JSON.stringify(value.slice(0, 80))} cannot be kept: it has a NUL or half a character`,
      );
}
