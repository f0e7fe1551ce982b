import { spawnSync } from 'node:child_process';

/** What the worker ends with when nobody speaks to it (mediasoup's main.cpp): proof that it was loaded and ran. */
const WITHOUT_PARENT = 41;

/**
 * Whether a worker binary runs on this machine's kernel and libraries.
 * @param {string} file
 * @returns {string | undefined} why not, or undefined when it does
 */
export function whyNotStarting(file) {
  const { status, signal, error, stderr } = spawnSync(file, [], { env: {}, encoding: 'utf8', timeout: 10_000 });
  if (status === WITHOUT_PARENT) return undefined;
  if (error !== undefined) return error.message;
  return stderr.trim() || `it ended with ${signal ?? status}`;
}
