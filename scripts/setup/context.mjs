import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What every step of the set-up is given.
 * @typedef {object} Setup
 * @property {string} root  Folder of the repository.
 * @property {string} cacheDir  Folder for what outlives the checkout; nothing else outside the repository is written.
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal  Aborted by Ctrl-C.
 * @property {import('./report.mjs').Report} report
 * @property {boolean} isRoot  Whether Debian packages can be installed.
 */

/** Folder of this repository. */
export const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/**
 * `$XDG_CACHE_HOME/undertone`, by default `~/.cache/undertone`.
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheDirOf(env) {
  const given = env['XDG_CACHE_HOME'];
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache'), 'undertone');
}
