import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { buildWorker } from './worker-build.mjs';
import { whyNotStarting } from './worker-check.mjs';
import { downloadWorker, prebuiltUrl } from './worker-prebuilt.mjs';
import { findExecutable } from './executables.mjs';
import { SetupError } from './failure.mjs';
import { fingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { readJson } from './read-json.mjs';

/** @typedef {import('./context.mjs').Setup} Setup */

const RUNTIME_PACKAGES = ['libuv1', 'libssl3', 'libsrtp2-1', 'libstdc++6'];

/**
 * A mediasoup worker: the one the environment names, else the cached one, else mediasoup's prebuilt one, else one built
 * from the npm package's source.
 * @param {Setup} setup
 * @returns {Promise<string>} path of a binary that starts on this machine
 * @throws {SetupError}
 */
export async function worker(setup) {
  const given = givenWorker(setup.env);
  if (given !== undefined) return given;
  const target = cachedWorkerPath(setup);
  if (whyNotCached(target) === undefined) return target;
  const onWait = () => setup.report.note('Waiting for another set-up, which is making the mediasoup worker');
  await withLock(`${target}.lock`, { signal: setup.signal, onWait }, () => make(setup, target));
  return target;
}

/**
 * Where the cache keeps the worker of this checkout: by mediasoup's version, the platform, and the build's recipe.
 * @param {Pick<Setup, 'root' | 'cacheDir'>} setup
 */
export function cachedWorkerPath({ root, cacheDir }) {
  const { version } = /** @type {{ version: string }} */ (readJson(join(packageDirOf(root), 'package.json')));
  const recipe = fingerprint(recipeDirOf(root), ['build-worker.sh', 'overlay']).slice(0, 12);
  const key = `${version}-${process.platform}-${process.arch}-${recipe}`;
  return join(cacheDir, 'mediasoup-worker', key, 'mediasoup-worker');
}

/**
 * The environment with the worker that an earlier set-up left in the cache, if there is one and none is named.
 * @param {Setup} setup
 * @returns {NodeJS.ProcessEnv}
 */
export function withCachedWorker(setup) {
  const cached = cachedWorkerPath(setup);
  return { ...(existsSync(cached) ? { UNDERTONE_WORKER_BIN: cached } : {}), ...setup.env };
}

/**
 * @param {Setup} setup
 * @param {string} target
 */
async function make(setup, target) {
  const problem = whyNotCached(target);
  if (problem === undefined) return; // made while we waited
  if (existsSync(target)) {
    if (problem.includes('shared libraries') && (await mendLibraries(setup, target))) return;
    setup.report.note(`The cached mediasoup worker does not start (${problem}): making another`);
    rmSync(target, { force: true, recursive: true });
  }
  mkdirSync(dirname(target), { recursive: true });
  removeLeftovers(dirname(target));
  const packageDir = packageDirOf(setup.root);
  const url = prebuiltUrl(packageDir, setup.env);
  const noPrebuilt = await setup.report.step(
    'Downloading the mediasoup worker',
    (/** @type {string | undefined} */ problem) =>
      problem === undefined ? 'mediasoup worker downloaded' : `No prebuilt mediasoup worker: ${problem}`,
    (progress) => downloadWorker({ url, target, signal: setup.signal, progress }),
  );
  if (noPrebuilt === undefined) return;
  const recipeDir = recipeDirOf(setup.root);
  await setup.report.step(
    'Building the mediasoup worker, once (about 8 minutes on 2 cores)',
    'mediasoup worker built',
    (progress) => buildWorker(setup, { packageDir, recipeDir, target, noPrebuilt, progress }),
  );
}

/**
 * A cache that came from another machine may lack only Debian's libraries, which are quicker to have than a build.
 * @param {Setup} setup
 * @param {string} target
 */
async function mendLibraries(setup, target) {
  if (findExecutable('apt-get', setup.env) === undefined || !setup.isRoot) return false;
  try {
    await setup.report.step('Installing the libraries of the mediasoup worker', 'Libraries installed', (progress) =>
      aptInstall(setup, { packages: RUNTIME_PACKAGES, purpose: 'the mediasoup worker', otherwise: '', progress }),
    );
  } catch (error) {
    if (error instanceof SetupError) return false; // another Debian, with other names: a build will do
    throw error;
  }
  return whyNotStarting(target) === undefined;
}

/** @param {NodeJS.ProcessEnv} env */
function givenWorker(env) {
  const name = ['UNDERTONE_WORKER_BIN', 'MEDIASOUP_WORKER_BIN'].find((name) => (env[name] ?? '') !== '');
  const file = name === undefined ? undefined : env[name];
  if (file === undefined) return undefined;
  const problem = whyNotStarting(file);
  if (problem === undefined) return file;
  throw new SetupError(
    `${name} is ${file}, which does not start: ${problem}.`,
    'Point it at a worker of the mediasoup version in package-lock.json, or unset it and set-up finds or builds one.',
  );
}

/** @param {string} target */
function whyNotCached(target) {
  return existsSync(target) ? whyNotStarting(target) : 'there is none';
}

/**
 * Downloads that a killed set-up left behind; the lock is ours, so nobody is at them.
 * @param {string} folder
 */
function removeLeftovers(folder) {
  for (const name of readdirSync(folder))
    if (name.startsWith('download-')) rmSync(join(folder, name), { recursive: true, force: true });
}

/** @param {string} root */
const packageDirOf = (root) => join(root, 'node_modules/mediasoup');
/** @param {string} root */
const recipeDirOf = (root) => join(root, 'scripts/mediasoup-worker');
