import { Worker } from 'node:worker_threads';
import { CompiledQuery, PGliteAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { UndertoneError } from '../../errors.ts';
import { checkParameters } from './database.ts';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';
import type { FromThread, ToThread } from './pglite-calls.ts';

/**
 * Postgres compiled to WebAssembly, on a thread of its own; one connection, which Kysely lends to one caller at a time. A
 * thread that dies is replaced at the next query.
 * @param folder where the database lives; null: in memory, gone when it is closed.
 */
export function pgliteDialect(folder: string | null): Dialect {
  return {
    createAdapter: () => new PGliteAdapter(),
    createDriver: () => pgliteDriver(folder),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function pgliteDriver(folder: string | null): Driver {
  let thread: DatabaseThread | null = null;
  let lock: FolderLock | null = null;
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      checkParameters(parameters);
      const reply = await thread?.ask({ type: 'query', sql, parameters });
      if (reply?.type !== 'rows') throw new UndertoneError('store-unavailable', 'the embedded database has stopped');
      return { rows: reply.rows as R[], numAffectedRows: BigInt(reply.affected) };
    },
    streamQuery: () => {
      throw new UndertoneError('internal', 'the embedded database gives no streams: ask in pages');
    },
  };
  const raw = (sql: string) => async (on: DatabaseConnection) => {
    await on.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    init: () => {
      if (folder !== null) lock ??= lockFolder(folder);
      return Promise.resolve();
    },
    acquireConnection: async () => {
      if (thread?.alive !== true) {
        thread = startThread();
        await thread.ask({ type: 'open', folder });
      }
      return connection;
    },
    beginTransaction: raw('begin'),
    commitTransaction: raw('commit'),
    // A thread that died has rolled back: what it did not commit is gone.
    rollbackTransaction: async (on) => {
      if (thread?.alive === true) await raw('rollback')(on);
    },
    releaseConnection: () => Promise.resolve(),
    destroy: async () => {
      if (thread?.alive === true) await thread.ask({ type: 'close' });
      thread = null;
      lock?.release();
      lock = null;
    },
  };
}

interface DatabaseThread {
  readonly alive: boolean;
  ask(message: ToThread): Promise<FromThread>;
}

function startThread(): DatabaseThread {
  const worker = new Worker(new URL('./pglite-thread.ts', import.meta.url));
  let alive = true;
  const waiting: PromiseWithResolvers<FromThread>[] = [];
  const end = (cause: unknown) => {
    alive = false;
    const lost = new UndertoneError('store-unavailable', 'the embedded database stopped: it is opened again', {
      cause,
    });
    for (const { reject } of waiting.splice(0)) reject(lost);
  };
  worker.on('message', (message: FromThread) => {
    const asked = waiting.shift();
    if (message.type !== 'failed') asked?.resolve(message);
    else asked?.reject(Object.assign(new Error(message.message), { code: message.code }));
    if (message.type !== 'failed' || !message.fatal) return;
    end(message.message);
    void worker.terminate();
  });
  worker.on('error', end);
  worker.on('exit', end);
  return {
    get alive() {
      return alive;
    },
    ask: (message) => {
      if (!alive) return Promise.reject(new UndertoneError('store-unavailable', 'the embedded database has stopped'));
      const asked = Promise.withResolvers<FromThread>();
      waiting.push(asked);
      worker.postMessage(message);
      return asked.promise;
    },
  };
}
