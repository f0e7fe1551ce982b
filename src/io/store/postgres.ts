import { PostgresDialect } from 'kysely';
import type { Dialect, Driver } from 'kysely';
import pg from 'pg';
import { checkParameters } from './database.ts';

/** How a server is talked to. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with `?sslmode=verify-full` where it is not on this machine. */
  readonly url: string;
  /** Connections at most. Default 8. */
  readonly connections?: number;
  /** A statement that takes longer is given up, ms. Default 15 000. */
  readonly statementTimeoutMs?: number;
  /** Told of connections that broke while nobody used them; the pool replaces them. Default: nobody. */
  readonly onLost?: (error: Error) => void;
}

/** A Postgres server, by a bounded pool that replaces what breaks. */
export function postgresDialect(options: PostgresOptions): Dialect {
  const { url, connections = 8, statementTimeoutMs = 15_000, onLost } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    // The server's own limit comes first; this one is for a server that has gone silent.
    query_timeout: statementTimeoutMs + 5000,
    idle_in_transaction_session_timeout: statementTimeoutMs + 5000,
    keepAlive: true,
    application_name: 'undertone',
    types,
  });
  // Without a listener a server that restarts would end this process.
  pool.on('error', (error) => onLost?.(error));
  const dialect = new PostgresDialect({ pool });
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => guarded(dialect.createDriver()),
  };
}

/** Check parameters as the embedded database does, whichever connection they go by. */
function guarded(driver: Driver): Driver {
  const acquireConnection = driver.acquireConnection.bind(driver);
  const seen = new WeakSet();
  driver.acquireConnection = async (options) => {
    const connection = await acquireConnection(options);
    if (seen.has(connection)) return connection;
    seen.add(connection);
    const executeQuery = connection.executeQuery.bind(connection);
    connection.executeQuery = (query, executeOptions) => {
      checkParameters(query.parameters);
      return executeQuery(query, executeOptions);
    };
    return connection;
  };
  return driver;
}

/** Counts (int8) as numbers: none of ours comes near 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);
