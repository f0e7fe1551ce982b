import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Interrupted } from './failure.mjs';

/** Lines kept of what a program prints; older ones are of no use in a message. */
const TAIL_LINES = 40;
/** How long a program may take to end after it was asked to. */
const GRACE_MS = 5_000;

/**
 * @typedef {object} CommandOptions
 * @property {AbortSignal} signal  Ends the program.
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(line: string) => void} [onLine]  Sees every line that the program prints.
 * @property {(line: string) => void} [onStatus]  Sees every line on file descriptor 3.
 * @property {boolean} [finishes]  True for a program that must not be cut off (dpkg): it gets SIGINT, and all the time
 *   it takes. Others have their whole process group ended, children included. Default false.
 */

/**
 * Runs a program to its end.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<{ code: number, output: string[] }>} exit code (127 where it could not be started) and last lines
 * @throws {Interrupted} when the signal ended it, after it is gone
 */
export async function run(file, args, { signal, cwd, env = process.env, onLine, onStatus, finishes = false }) {
  if (signal.aborted) throw new Interrupted();
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // its own process group: Ctrl-C reaches it through us alone, and it ends with all its children
  });
  /** @type {string[]} */
  const output = [];
  /** @param {string} line */
  const keep = (line) => {
    output.push(line);
    if (output.length > TAIL_LINES) output.shift();
    onLine?.(line);
  };
  lines(child.stdio[1], keep);
  lines(child.stdio[2], keep);
  lines(child.stdio[3], (line) => onStatus?.(line));

  /** @type {NodeJS.Timeout | undefined} */
  let grace;
  const end = () => {
    if (child.pid === undefined) return;
    kill(finishes ? child.pid : -child.pid, finishes ? 'SIGINT' : 'SIGTERM');
    const group = -child.pid;
    if (!finishes) grace = setTimeout(() => kill(group, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  const code = await ended(child, keep);
  signal.removeEventListener('abort', end);
  clearTimeout(grace);
  if (isAborted(signal)) throw new Interrupted();
  return { code, output };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {(line: string) => void} keep
 * @returns {Promise<number>} exit code; 127 where it could not be started, as a shell has it
 */
function ended(child, keep) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      resolve(127);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
}

/**
 * A function, because a signal that was not aborted above may be by now.
 * @param {AbortSignal} signal
 */
function isAborted(signal) {
  return signal.aborted;
}

/**
 * @param {import('node:stream').Writable | import('node:stream').Readable | null | undefined} stream
 * @param {(line: string) => void} each
 */
function lines(stream, each) {
  if (stream && 'read' in stream) createInterface({ input: stream }).on('line', each);
}

/**
 * @param {number} pid  negative for a process group
 * @param {NodeJS.Signals} signal
 */
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it had ended by itself
  }
}
