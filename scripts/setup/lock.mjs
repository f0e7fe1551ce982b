import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Interrupted } from './failure.mjs';

const HEARTBEAT_MS = 5_000;
/** A holder that was silent for so long is gone (it may have run in a container whose processes cannot be seen). */
const SILENT_MS = 60_000;
const POLL_MS = 250;

/**
 * Does `work` while no other process does the work of the same lock file.
 * @template T
 * @param {string} file
 * @param {{ signal: AbortSignal, onWait: () => void }} options  `onWait` is called once, when there is another holder.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {Interrupted} while waiting
 */
export async function withLock(file, { signal, onWait }, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), nonce: randomBytes(8).toString('hex') });
  let waited = false;
  while (!take(file, mine)) {
    if (signal.aborted) throw new Interrupted();
    if (dropAbandoned(file)) continue;
    if (!waited) onWait();
    waited = true;
    await wait(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    if (read(file) === mine) utimesSync(file, new Date(), new Date());
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (read(file) === mine) rmSync(file, { force: true });
  }
}

/**
 * Does `work` while no other process works on this checkout's node_modules and dist.
 * @template T
 * @param {import('./context.mjs').Setup} setup
 * @param {() => Promise<T>} work
 */
export function withCheckoutLock({ root, cacheDir, signal, report }, work) {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const onWait = () => report.note('Waiting for another set-up of this checkout');
  return withLock(join(cacheDir, 'locks', name), { signal, onWait }, work);
}

/**
 * @param {string} file
 * @param {string} mine
 */
function take(file, mine) {
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose holder is gone. It is moved aside first: were it another's by now, it is put back.
 * @param {string} file
 * @returns {boolean} whether the lock may be free now
 */
function dropAbandoned(file) {
  const seen = read(file);
  if (seen === undefined) return true;
  if (!isAbandoned(file, seen)) return false;
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== seen) linkSync(aside, file);
    rmSync(aside, { force: true });
  } catch {
    // another process was quicker
  }
  return true;
}

/**
 * @param {string} file
 * @param {string} content
 */
function isAbandoned(file, content) {
  const silentMs = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (silentMs > SILENT_MS) return true;
  try {
    /** @type {unknown} */
    const parsed = JSON.parse(content);
    const { pid, host } = /** @type {{ pid: number, host: string }} */ (parsed);
    return host === hostname() && !isAlive(pid);
  } catch {
    return false; // being written at this moment
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
