import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isExecutable } from './executables.mjs';
import { SetupError } from './failure.mjs';

/** The first of each line that runs .ts files without a flag and knows import.meta.main; 23 never did the latter. */
const OLDEST = new Map([
  [22, 18],
  [24, 2],
]);

/**
 * A Node that runs TypeScript: this one if it is new enough, else the one that package-lock.json pins for Linux.
 * @param {import('./context.mjs').Setup} setup
 * @param {string} [version]  of this process
 * @returns {string} path of the binary
 * @throws {SetupError} where there is neither
 */
export function node(setup, version = process.versions.node) {
  if (runsTypeScript(version)) return process.execPath;
  const pinned = join(setup.root, 'node_modules/.bin/node');
  if (isExecutable(pinned) && starts(pinned)) return pinned;
  throw new SetupError(
    `Node.js ${version} is too old: Undertone runs TypeScript as it is, which Node.js does from 22.18 and 24.2 on.`,
    'Install Node.js 24 (for example `nvm install 24` or `brew install node@24`), then start again.',
  );
}

/** @param {string} version */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || minor >= (OLDEST.get(major) ?? Infinity);
}

/** @param {string} file */
function starts(file) {
  try {
    execFileSync(file, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // built for another C library, as on Alpine
  }
}
