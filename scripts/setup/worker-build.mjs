import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { run } from './command.mjs';
import { SetupError } from './failure.mjs';
import { whyNotStarting } from './worker-check.mjs';

const BUILD_PACKAGES = [
  'g++',
  'pkg-config',
  'meson',
  'ninja-build',
  'libssl-dev',
  'libuv1-dev',
  'libsrtp2-dev',
  'flatbuffers-compiler',
  'libflatbuffers-dev',
];

/**
 * Builds the worker from the source inside the npm package with Debian's libraries. An interrupted build goes on where
 * it was; `target` appears complete and proved to start, or not at all.
 * @param {import('./context.mjs').Setup} setup
 * @param {{ packageDir: string, recipeDir: string, target: string, noPrebuilt: string,
 *   progress: import('./report.mjs').Progress }} options  `noPrebuilt` says why it must be built.
 * @throws {SetupError}
 */
export async function buildWorker(setup, { packageDir, recipeDir, target, noPrebuilt, progress }) {
  const otherwise =
    `The prebuilt worker could not be had: ${noPrebuilt}.\n` +
    'Let this machine reach it, or put a worker of this mediasoup version somewhere and name it in UNDERTONE_WORKER_BIN.';
  progress(undefined, 'installing what it needs');
  await aptInstall(setup, {
    packages: BUILD_PACKAGES,
    purpose: 'building the mediasoup worker',
    otherwise,
    progress: (fraction) => progress(undefined, `installing what it needs ${percent(fraction)}`),
  });
  const buildDir = join(dirname(target), 'build');
  const built = join(buildDir, 'mediasoup-worker');
  mkdirSync(buildDir, { recursive: true });
  const script = join(recipeDir, 'build-worker.sh');
  const { code, output } = await run('bash', [script, packageDir, join(recipeDir, 'overlay'), buildDir, built], {
    signal: setup.signal,
    env: { ...setup.env, LC_ALL: 'C', MAKEFLAGS: '' },
    onLine: (line) => {
      const [, done, total] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? [];
      if (done !== undefined) progress(Number(done) / Number(total));
    },
  });
  if (code === 0) chmodSync(built, 0o755);
  const problem = code === 0 ? whyNotStarting(built) : `the build ended with ${code}`;
  if (problem !== undefined)
    throw new SetupError(
      `The mediasoup worker could not be built: ${problem}.`,
      `${otherwise}\nTo build from scratch, delete ${buildDir}.`,
      output,
    );
  renameSync(built, target);
  rmSync(buildDir, { recursive: true, force: true });
}

/** @param {number | undefined} fraction */
function percent(fraction) {
  return fraction === undefined ? '' : `${Math.floor(fraction * 100)} %`;
}
