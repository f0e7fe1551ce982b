import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../errors.ts';

/** How often the holder of a folder says that it lives. */
const HEARTBEAT_MS = 5000;
/** A holder that cannot be looked at, on another host, is taken for dead when it has said nothing for this long. */
const SILENCE_MS = 20_000;

/** A folder held for this process. */
export interface FolderLock {
  release(): void;
}

/** Who holds a folder: a process, told from a later one of the same number by when it was started. */
const holderSchema = z.object({ host: z.string(), pid: z.int(), started: z.string() });
type Holder = z.infer<typeof holderSchema>;

/**
 * Hold a folder, which is made where there is none: two processes that write to one embedded database would destroy it. The lock
 * of a process that is dead is taken over.
 * @throws UndertoneError `store-unavailable` when somebody else holds it, or it cannot be written to.
 */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, 'lock');
  const own: Holder = { host: hostname(), pid: process.pid, started: startOf(process.pid) };
  // The second time after a dead holder's lock was put away; a third would mean that others are quicker.
  if (!takeFree(folder, file, own) && !(putAway(folder, file) && takeFree(folder, file, own)))
    throw inUse(folder, read(file));
  const heartbeat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // The folder is gone or read-only: the next write says so.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      rmSync(file, { force: true });
    },
  };
}

/** @returns false when there is a lock. */
function takeFree(folder: string, file: string, own: Holder): boolean {
  const written = `${file}.${own.pid.toString()}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(written, JSON.stringify(own), { mode: 0o600 });
    // A link is made whole or not at all, and never over another.
    linkSync(written, file);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw new UndertoneError(
      'store-unavailable',
      `cannot write to the folder '${folder}' (${codeOf(cause)}): make it writable for this user, make room, or set UNDERTONE_DATA_DIR to another`,
      { cause },
    );
  } finally {
    try {
      rmSync(written, { force: true });
    } catch {
      // Nothing was written where nothing can be.
    }
  }
}

/** Put the lock of a dead holder away. @returns false when its holder lives. */
function putAway(folder: string, file: string): boolean {
  const before = read(file);
  if (isAlive(file, before)) return false;
  const aside = join(folder, `lock.stale.${process.pid.toString()}`);
  try {
    renameSync(file, aside);
    // Somebody else may have put it away and taken the folder just before: then theirs goes back.
    const moved = read(aside);
    const same = JSON.stringify(moved) === JSON.stringify(before);
    if (!same) linkSync(aside, file);
    return same;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive(file: string, holder: Holder | null): boolean {
  const silentMs = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (holder?.host !== hostname()) return silentMs < SILENCE_MS;
  return startOf(holder.pid) === holder.started;
}

/** Null where it is gone or was cut short. */
function read(file: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** When a process of this host was started, in a form to compare; empty where there is none. */
function startOf(pid: number): string {
  try {
    // After the name, which may hold anything but ends with the last bracket: proc(5), field 22.
    const fields = readFileSync(`/proc/${pid.toString()}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    // A zombie is dead, though its number is not free yet.
    return fields[0] === 'Z' ? '' : `${bootOf()} ${fields[19] ?? ''}`;
  } catch {
    return lives(pid) ? 'running' : '';
  }
}

const bootOf = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Where there is no /proc: whether there is such a process. */
function lives(pid: number): boolean {
  if (statSync('/proc/self', { throwIfNoEntry: false })) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');

function inUse(folder: string, holder: Holder | null): UndertoneError {
  const who = holder === null ? 'another process' : `process ${holder.pid.toString()} on ${holder.host}`;
  return new UndertoneError(
    'store-unavailable',
    `'${folder}' is in use by ${who}: if it is your server, go by its page for admins (/admin) or its API, or stop it; else use another folder. ` +
      `Several servers share a Postgres (DATABASE_URL). ` +
      `If it has died on another host, try again in ${(SILENCE_MS / 1000).toString()} s`,
  );
}
