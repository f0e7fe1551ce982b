import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { findExecutable, withoutPackageBins } from './executables.mjs';
import { SetupError } from './failure.mjs';
import { readJson } from './read-json.mjs';
import { fingerprint } from './fingerprint.mjs';
import { withCheckoutLock } from './lock.mjs';

/** @typedef {import('./context.mjs').Setup} Setup */

/** Written last, so that an interrupted installation has none. */
const STAMP = 'node_modules/.undertone-set-up';

/**
 * The packages of package-lock.json in node_modules, without running their install scripts.
 * @param {Setup} setup
 * @throws {SetupError} without npm, or when npm fails
 */
export async function dependencies(setup) {
  if (isInstalled(setup.root)) return;
  await withCheckoutLock(setup, async () => {
    if (isInstalled(setup.root)) return;
    await setup.report.step('Installing dependencies', 'Dependencies installed', (progress) =>
      install(setup, progress),
    );
  });
}

/** @param {string} root */
function isInstalled(root) {
  const stamp = join(root, STAMP);
  const wanted = wantedStamp(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  if (!installedByHand(root)) return false;
  writeFileSync(stamp, wanted);
  return true;
}

/**
 * @param {Setup} setup
 * @param {import('./report.mjs').Progress} progress
 */
async function install(setup, progress) {
  // The npm of the host: the one that runs from node_modules would be deleted under its own feet.
  const env = withoutPackageBins(setup.env);
  if (findExecutable('npm', env) === undefined)
    throw new SetupError('npm is not on PATH.', 'Install Node.js 20 or newer with npm 10 or newer, then start again.');
  const total = Object.keys(lockedPackages(join(setup.root, 'package-lock.json'))).length;
  let fetched = 0;
  /** @type {string[]} */
  const errors = [];
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const { code, output } = await run('npm', [...args, '--loglevel=http'], {
    signal: setup.signal,
    cwd: setup.root,
    env,
    onLine: (line) => {
      if (line.includes('.tgz')) progress(Math.min(1, ++fetched / total));
      if (/^npm error \S/.test(line)) errors.push(line); // what is wrong comes first, then npm's usage
    },
  });
  if (code !== 0)
    throw new SetupError(
      'npm could not install the dependencies.',
      'Check that this machine reaches an npm registry (`npm ping`) and that package-lock.json belongs to package.json ' +
        '(`npm install` mends it), then start again.',
      errors.length > 0 ? errors.slice(0, 12) : output,
    );
  writeFileSync(join(setup.root, STAMP), wantedStamp(setup.root));
}

/**
 * True where somebody's own `npm ci` or `npm install` put every locked package in place (npm writes its hidden lockfile
 * last): there is nothing to gain from deleting that.
 * @param {string} root
 */
function installedByHand(root) {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const present = lockedPackages(hidden);
  return Object.entries(lockedPackages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || (path in present ? present[path]?.version === version : optional === true),
  );
}

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lockfile */

/** @param {string} file */
function lockedPackages(file) {
  return /** @type {Lockfile} */ (readJson(file)).packages;
}

/**
 * What node_modules depends on: the lockfile, and the machine where packages bring binaries.
 * @param {string} root
 */
function wantedStamp(root) {
  return `${process.platform}-${process.arch} ${fingerprint(root, ['package-lock.json'])}\n`;
}
