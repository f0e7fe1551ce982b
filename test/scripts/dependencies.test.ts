import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { dependencies } from '../../scripts/setup/dependencies.mjs';
import { Interrupted, SetupError } from '../../scripts/setup/failure.mjs';
import { machine } from './fixture.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const lockfile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'checkout' },
      'node_modules/left': { version },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
    },
  });

const checkout = () => {
  const it = machine();
  writeFileSync(join(it.setup.root, 'package-lock.json'), lockfile('1.0.0'));
  return it;
};

test('packages are installed once, and again when the lockfile changes', async () => {
  const { setup, program, calls, notes } = checkout();
  program('npm', 'mkdir -p node_modules');
  await dependencies(setup);
  expect(calls()).toEqual([expect.stringContaining('npm ci --ignore-scripts')]);
  notes.length = 0;
  await dependencies(setup);
  expect(calls()).toHaveLength(1);
  expect(notes).toEqual([]);
  writeFileSync(join(setup.root, 'package-lock.json'), lockfile('2.0.0'));
  await dependencies(setup);
  expect(calls()).toHaveLength(2);
});

test('packages that somebody installed by hand are taken as they are', async () => {
  const { setup, program, calls } = checkout();
  program('npm', 'exit 1');
  const hidden = { packages: { 'node_modules/left': { version: '1.0.0' } } };
  mkdirSync(join(setup.root, 'node_modules'));
  writeFileSync(join(setup.root, 'node_modules/.package-lock.json'), JSON.stringify(hidden));
  await dependencies(setup);
  expect(calls()).toEqual([]);
});

test('packages of another version that somebody installed are not', async () => {
  const { setup, program, calls } = checkout();
  program('npm', 'exit 0');
  const hidden = { packages: { 'node_modules/left': { version: '0.9.0' } } };
  mkdirSync(join(setup.root, 'node_modules'));
  writeFileSync(join(setup.root, 'node_modules/.package-lock.json'), JSON.stringify(hidden));
  await dependencies(setup);
  expect(calls()).toHaveLength(1);
});

test('when npm fails the message has what it said, and the next run tries again', async () => {
  const { setup, program, calls } = checkout();
  program('npm', 'mkdir -p node_modules; echo "npm error network is unreachable" >&2; exit 1');
  const error = await dependencies(setup).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  expect((error as SetupError).report).toContain('network is unreachable');
  program('npm', 'exit 0');
  await dependencies(setup);
  expect(calls()).toHaveLength(2);
});

test('without npm the message says what to install', async () => {
  const { setup } = checkout();
  await expect(dependencies({ ...setup, env: { PATH: '/nowhere' } })).rejects.toThrow('npm is not on PATH');
});

test('the npm of the host is called, not one inside node_modules that would delete itself', async () => {
  const { setup, bin, program, calls } = checkout();
  program('npm', 'mkdir -p node_modules');
  const own = join(setup.root, 'node_modules/.bin');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'npm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await dependencies({ ...setup, env: { PATH: `${own}:${bin}:/usr/bin:/bin` } });
  expect(calls()).toHaveLength(1);
});

test('Ctrl-C ends npm and all it started, and the next run installs from the start', async () => {
  const { setup, program, interrupt, calls } = checkout();
  const started = join(setup.root, 'started');
  program('npm', `mkdir -p node_modules; sleep 60 & touch ${started}; wait`);
  const installing = dependencies(setup).catch((thrown: unknown) => thrown);
  await vi.waitUntil(() => existsSync(started), PATIENCE);
  interrupt();
  expect(await installing).toBeInstanceOf(Interrupted);
  program('npm', 'exit 0');
  await dependencies({ ...setup, signal: new AbortController().signal });
  expect(calls()).toHaveLength(2);
});
