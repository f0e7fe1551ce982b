import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isExecutable } from './executables.mjs';
import { SetupError } from './failure.mjs';

/** The first Node that runs .ts files without a flag. */
const OLDEST = [22, 18];

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
    `Node.js ${version} is too old: Undertone runs TypeScript, which Node.js does from ${OLDEST.join('.')} on.`,
    'Install Node.js 24 (for example `nvm install 24` or `brew install node@24`), then start again.',
  );
}

/** @param {string} version */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === 23) return minor >= 6;
  return major > 22 || (major === 22 && minor >= 18);
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
