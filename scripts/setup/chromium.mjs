import { aptInstall } from './apt.mjs';
import { findExecutable } from './executables.mjs';
import { SetupError } from './failure.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_APPLICATION = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * A Chromium for the tests of pages.
 * @param {import('./context.mjs').Setup} setup
 * @returns {Promise<string>} path of the binary
 * @throws {SetupError} where UNDERTONE_CHROMIUM names no program, or it cannot be installed
 */
export async function chromium(setup) {
  const given = setup.env['UNDERTONE_CHROMIUM'];
  if (given !== undefined) {
    const found = findExecutable(given, setup.env);
    if (found !== undefined) return found;
    throw new SetupError(
      `UNDERTONE_CHROMIUM is ${given}, which is not a program that can be run.`,
      'Point it at a Chromium or Chrome binary, or unset it to use the one on PATH.',
    );
  }
  const found = locate(setup.env);
  if (found !== undefined) return found;
  await setup.report.step('Installing Chromium', 'Chromium installed', (progress) =>
    aptInstall(setup, {
      packages: ['chromium', 'fonts-liberation'], // a Chromium without fonts draws no text
      purpose: 'the tests of pages',
      otherwise: 'Install Chrome or Chromium, or point UNDERTONE_CHROMIUM at a binary.',
      progress,
    }),
  );
  return locate(setup.env) ?? 'chromium';
}

/** @param {NodeJS.ProcessEnv} env */
function locate(env) {
  for (const name of [...NAMES, ...(process.platform === 'darwin' ? [MAC_APPLICATION] : [])]) {
    const found = findExecutable(name, env);
    if (found !== undefined) return found;
  }
  return undefined;
}
