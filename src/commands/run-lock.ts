/** One process at a time writes into a folder. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asUndertoneError, UndertoneError } from '../errors.ts';

const BEAT_MS = 5_000;
/** A holder that was silent for so long is gone: it may have run on a machine whose processes cannot be seen. */
const SILENT_MS = 120_000;

/**
 * Do `work` while no other process does in `folder`, which is made where it is not there. The lock of a process that is
 * gone does not count.
 * @param option by which the folder was chosen, for messages.
 * @throws UndertoneError `config-invalid` when another process holds it, or the folder cannot be written.
 * @example await withRunLock('runs/face', () => train());
 */
export async function withRunLock<T>(folder: string, work: () => Promise<T>, option = '--out'): Promise<T> {
  const file = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), nonce: randomBytes(8).toString('hex') });
  try {
    mkdirSync(folder, { recursive: true });
    while (!take(file, mine)) dropAbandoned(file, folder, option);
  } catch (cause) {
    if (cause instanceof UndertoneError) throw cause;
    throw new UndertoneError(
      'config-invalid',
      `cannot write in '${folder}' (${asUndertoneError(cause).message}): choose another ${option}`,
      { cause },
    );
  }
  const beat = setInterval(() => {
    if (read(file) === mine) utimesSync(file, new Date(), new Date());
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (read(file) === mine) rmSync(file, { force: true });
  }
}

function take(file: string, mine: string): boolean {
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Take the lock of a process that is gone out of the way. @throws UndertoneError where it is there. */
function dropAbandoned(file: string, folder: string, option: string): void {
  const holder = read(file);
  if (holder === undefined) return;
  const pid = living(holder, Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
  if (pid !== null)
    throw new UndertoneError(
      'config-invalid',
      `'${folder}' is in use by process ${pid}: wait until it ends, or choose another ${option}`,
    );
  // Moved first, and only then removed: were two to find it abandoned, one of them moves nothing.
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === holder) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

/** The process of a lock that may still be at work, or null. */
function living(holder: string, silentMs: number): string | null {
  const [, pid = '', host = ''] = /^\{"pid":(\d+),"host":"([^"]*)"/.exec(holder) ?? [];
  if (silentMs > SILENT_MS) return null;
  // A lock that is being written at this moment says nothing yet.
  if (pid === '') return 'unknown';
  if (host !== hostname()) return `${pid} of ${host}`;
  return Number(pid) !== process.pid && isAlive(Number(pid)) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
