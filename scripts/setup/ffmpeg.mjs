import { aptInstall } from './apt.mjs';
import { findExecutable } from './executables.mjs';
import { SetupError } from './failure.mjs';

/**
 * ffmpeg, for files and streams.
 * @param {import('./context.mjs').Setup} setup
 * @returns {Promise<string>} path of the binary
 * @throws {SetupError} where UNDERTONE_FFMPEG names no program, or it cannot be installed
 */
export async function ffmpeg(setup) {
  const given = setup.env['UNDERTONE_FFMPEG'];
  const found = findExecutable(given ?? 'ffmpeg', setup.env);
  if (found !== undefined) return found;
  if (given !== undefined)
    throw new SetupError(
      `UNDERTONE_FFMPEG is ${given}, which is not a program that can be run.`,
      'Point it at an ffmpeg binary, or unset it to use the one on PATH.',
    );
  await setup.report.step('Installing ffmpeg', 'ffmpeg installed', (progress) =>
    aptInstall(setup, {
      packages: ['ffmpeg'],
      purpose: 'files and RTSP, RTMP and HLS streams',
      otherwise: 'Install ffmpeg (for example `brew install ffmpeg`), or point UNDERTONE_FFMPEG at a binary.',
      progress,
    }),
  );
  return findExecutable('ffmpeg', setup.env) ?? 'ffmpeg';
}
