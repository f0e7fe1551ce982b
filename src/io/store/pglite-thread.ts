/**
 * The thread of the embedded database: `node:worker_threads` entry. PGlite runs a query to its end on the thread that asks, and
 * takes seconds to open: on a thread of its own it never holds up media.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { UndertoneError } from '../../errors.ts';
import type { FromThread, ToThread } from './pglite-calls.ts';
import { SYNCED, SyncedFolder, syncFolder } from './synced-folder.ts';

if (!parentPort) throw new UndertoneError('internal', 'pglite-thread.ts runs as a worker thread, by pgliteDialect');
const port = parentPort;

/** Postgres keeps 128 MiB of pages by default: the system's own cache holds the same files. */
const SMALL = ['-c', 'shared_buffers=16MB'] as const;

let database: PGlite | null = null;
let handled = Promise.resolve();
port.on('message', (message: ToThread) => {
  handled = handled.then(async () => {
    port.postMessage(await answer(message));
    if (message.type === 'close') port.close();
  });
});

async function answer(message: ToThread): Promise<FromThread> {
  try {
    switch (message.type) {
      case 'open':
        database = await open(message.folder);
        return { type: 'opened' };
      case 'query': {
        if (!database) throw new Error('the database is not open');
        const { rows, affectedRows = 0 } = await database.query(message.sql, [...message.parameters]);
        return { type: 'rows', rows, affected: affectedRows };
      }
      case 'close':
        await database?.close();
        return { type: 'closed' };
    }
  } catch (thrown) {
    return failure(thrown);
  }
}

async function open(folder: string | null): Promise<PGlite> {
  const parsers = { [types.INT8]: Number };
  // PGlite's own `-F` lets a commit return before the disk has it.
  const own = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F');
  const startParams = [...own, ...SYNCED, ...SMALL];
  const opened = await PGlite.create(
    folder === null ? { parsers } : { fs: new SyncedFolder(await wholeData(folder)), parsers, startParams },
  );
  // Nothing tells this session that tables have grown: a plan that it kept, as those which check foreign keys, would go on reading
  // whole tables that were small when it was made.
  await opened.exec('set plan_cache_mode = force_custom_plan');
  return opened;
}

/** A whole database or none: a first start that is cut short is begun again. */
async function wholeData(folder: string): Promise<string> {
  const data = join(folder, 'pg');
  if (existsSync(data)) return data;
  const part = join(folder, 'pg.part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const made = await PGlite.create(part);
  await made.close();
  syncFolder(part);
  renameSync(part, data);
  return data;
}

/** What Postgres refused has a SQLSTATE and leaves it whole; after anything else it is not to be trusted. */
function failure(thrown: unknown): FromThread {
  const { code, severity, message } = (thrown ?? {}) as Partial<Record<'code' | 'severity' | 'message', unknown>>;
  const refused = typeof code === 'string' && severity === 'ERROR';
  return {
    type: 'failed',
    code: typeof code === 'string' ? code : 'XX000',
    message: typeof message === 'string' ? message : String(thrown),
    fatal: !refused,
  };
}
