import { run } from './command.mjs';
import { SetupError } from './failure.mjs';
import { findExecutable } from './executables.mjs';

/** @typedef {import('./context.mjs').Setup} Setup */

/**
 * Installs Debian packages, those that are there already left alone. `apt-get update` runs only where the lists that
 * the machine has do not do.
 * @param {Setup} setup
 * @param {{ packages: readonly string[], purpose: string, otherwise: string, progress: import('./report.mjs').Progress }} what
 *   `purpose` completes 'needed for ...'; `otherwise` is the remedy where there is no apt.
 * @throws {SetupError} without apt, without root, or when apt fails; it names the packages and the command
 */
export async function aptInstall(setup, { packages, purpose, otherwise, progress }) {
  const wanted = await missing(setup, packages);
  if (wanted.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${wanted.join(' ')}`;
  if (findExecutable('apt-get', setup.env) === undefined)
    throw new SetupError(`${wanted.join(', ')}: needed for ${purpose}, and this machine has no apt-get.`, otherwise);
  if (!setup.isRoot)
    throw new SetupError(
      `${wanted.join(', ')}: needed for ${purpose}, and only root can install Debian packages.`,
      `Run this as root, then start again:\n${command}`,
    );

  const install = () =>
    aptGet(setup, ['install', '-y', '--no-install-recommends', ...wanted], (fraction) =>
      progress(fraction, wanted.length === 1 ? '' : `${wanted.length} packages`),
    );
  let result = await install();
  if (result.output.some((line) => line.includes('dpkg --configure -a'))) {
    progress(undefined, 'finishing an earlier installation');
    await run('dpkg', ['--configure', '-a'], { signal: setup.signal, env: quiet(setup.env), finishes: true });
    result = await install();
  }
  if (result.code !== 0) {
    progress(undefined, 'reading package lists');
    await aptGet(setup, ['update'], () => undefined);
    result = await install();
  }
  if (result.code !== 0)
    throw new SetupError(
      `apt-get could not install ${wanted.join(', ')}, needed for ${purpose}.`,
      `Mend what it says above, or run this yourself, then start again:\n${command}`,
      result.output,
    );
}

/**
 * @param {Setup} setup
 * @param {readonly string[]} args
 * @param {(fraction: number) => void} onProgress
 */
function aptGet(setup, args, onProgress) {
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', '-o', 'APT::Status-Fd=3', ...args], {
    signal: setup.signal,
    env: quiet(setup.env),
    finishes: true, // an interrupted dpkg would leave the machine with half a package
    onStatus: (line) => {
      const [kind, , percent] = line.split(':');
      const half = Number(percent) / 200;
      if (kind === 'dlstatus') onProgress(half);
      if (kind === 'pmstatus') onProgress(0.5 + half);
    },
  });
}

/**
 * The packages that are not installed; all of them where dpkg cannot say.
 * @param {Setup} setup
 * @param {readonly string[]} packages
 */
async function missing(setup, packages) {
  /** @type {Set<string>} */
  const installed = new Set();
  await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    signal: setup.signal,
    env: quiet(setup.env),
    onLine: (line) => {
      const [name, status] = line.split(' ');
      if (name !== undefined && status === 'installed') installed.add(name);
    },
  });
  return packages.filter((name) => !installed.has(name));
}

/** @param {NodeJS.ProcessEnv} env */
function quiet(env) {
  return { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
}
