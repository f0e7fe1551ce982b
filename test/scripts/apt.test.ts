import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aptInstall } from '../../scripts/setup/apt.mjs';
import { SetupError } from '../../scripts/setup/failure.mjs';
import { ffmpeg } from '../../scripts/setup/ffmpeg.mjs';
import { machine } from './fixture.ts';

const NONE_INSTALLED = 'exit 1';
const what = {
  packages: ['meson', 'g++'],
  purpose: 'building',
  otherwise: 'brew install it',
  progress: () => undefined,
};

const failure = async (promise: Promise<unknown>) => {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof SetupError)) throw new Error(`expected a SetupError, not ${String(error)}`);
  return error;
};

test('without root the message names the packages and the command, and nothing is run', async () => {
  const { setup, program, calls } = machine({ isRoot: false });
  program('apt-get', 'exit 0');
  program('dpkg-query', NONE_INSTALLED);
  const { report } = await failure(aptInstall(setup, what));
  expect(report).toContain('meson, g++: needed for building');
  expect(report).toContain('apt-get update && apt-get install -y --no-install-recommends meson g++');
  expect(calls().filter((call) => call.startsWith('apt-get'))).toEqual([]);
});

test('without apt the message gives the other remedy', async () => {
  const { setup } = machine({ system: false });
  expect((await failure(aptInstall(setup, what))).report).toContain('brew install it');
});

test('what is installed already is left alone', async () => {
  const { setup, program, calls } = machine();
  program('dpkg-query', 'echo "meson installed"; echo "g++ config-files"');
  program('apt-get', 'exit 0');
  await aptInstall(setup, what);
  expect(calls().filter((call) => call.includes('install -y'))).toHaveLength(1);
  expect(calls().at(-1)).toMatch(/--no-install-recommends g\+\+$/);
});

test('package lists are read only when they are needed', async () => {
  const { setup, bin, program, calls } = machine();
  program('dpkg-query', NONE_INSTALLED);
  const lists = join(bin, 'lists');
  program('apt-get', `case "$*" in *update*) touch ${lists};; *) test -f ${lists};; esac`);
  await aptInstall(setup, what);
  const verbs = () =>
    calls()
      .map((call) => /update|install -y/.exec(call)?.[0])
      .filter(Boolean);
  expect(verbs()).toEqual(['install -y', 'update', 'install -y']);
  await aptInstall(setup, what);
  expect(verbs().slice(3)).toEqual(['install -y']);
});

test('an installation that somebody cut off is finished first', async () => {
  const { setup, bin, program, calls } = machine();
  program('dpkg-query', NONE_INSTALLED);
  const mended = join(bin, 'mended');
  program('dpkg', `touch ${mended}`);
  program('apt-get', `test -f ${mended} || { echo "E: dpkg was interrupted, run 'dpkg --configure -a'"; exit 100; }`);
  await aptInstall(setup, what);
  expect(calls()).toContain('dpkg --configure -a');
});

test('when apt fails the message has what it said', async () => {
  const { setup, program } = machine();
  program('dpkg-query', NONE_INSTALLED);
  program('apt-get', 'echo "E: no space left on device"; exit 100');
  const { report } = await failure(aptInstall(setup, what));
  expect(report).toContain('no space left on device');
  expect(report).toContain('could not install meson, g++');
});

test('ffmpeg is installed once and then found', async () => {
  const { setup, bin, program, calls, notes } = machine({ system: false });
  program('dpkg-query', NONE_INSTALLED);
  program('apt-get', `/bin/cp ${join(bin, 'apt-get')} ${join(bin, 'ffmpeg')}`);
  expect(await ffmpeg(setup)).toBe(join(bin, 'ffmpeg'));
  const before = calls().length;
  notes.length = 0;
  expect(await ffmpeg(setup)).toBe(join(bin, 'ffmpeg'));
  expect(calls()).toHaveLength(before);
  expect(notes).toEqual([]);
});

test('an ffmpeg that was named and is not there is an error, not a reason to install another', async () => {
  const { setup, program, calls } = machine();
  program('apt-get', 'exit 0');
  const env = { ...setup.env, UNDERTONE_FFMPEG: '/nowhere/ffmpeg' };
  expect((await failure(ffmpeg({ ...setup, env }))).report).toContain('UNDERTONE_FFMPEG is /nowhere/ffmpeg');
  expect(calls()).toEqual([]);
});
