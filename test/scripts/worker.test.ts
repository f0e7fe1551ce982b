import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Interrupted, SetupError } from '../../scripts/setup/failure.mjs';
import { cachedWorkerPath, worker } from '../../scripts/setup/worker.mjs';
import { executable, machine, temporaryFolder } from './fixture.ts';
import { PATIENCE } from '../fixtures/patience.ts';

/** What a worker does when nobody speaks to it. */
const STARTS = 'exit 41';
const REFUSED = 'http://127.0.0.1:9';

/** A checkout whose recipe runs `build` (with the output's path in $4), and whose prebuilt worker is at `mirror`. */
function checkout({ build = `printf '#!/bin/sh\\n${STARTS}\\n' > $4`, mirror = REFUSED, isRoot = true } = {}) {
  const it = machine({ isRoot });
  const { root } = it.setup;
  it.setup.env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] = mirror;
  mkdirSync(join(root, 'node_modules/mediasoup'), { recursive: true });
  mkdirSync(join(root, 'scripts/mediasoup-worker/overlay'), { recursive: true });
  const description = { version: '3.0.0', repository: { url: 'git+https://example.invalid/mediasoup.git' } };
  writeFileSync(join(root, 'node_modules/mediasoup/package.json'), JSON.stringify(description));
  executable(join(root, 'scripts/mediasoup-worker/build-worker.sh'), build);
  it.program('dpkg-query', 'shift 3; for name; do echo "$name installed"; done');
  it.program('apt-get', 'exit 0');
  return { ...it, target: cachedWorkerPath(it.setup) };
}

/** Serves one body for every request; undefined is a 404. */
async function mirrorOf(body: Buffer | undefined): Promise<string> {
  const server = createServer((_request, response) => {
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function archive(script: string): Buffer {
  const folder = temporaryFolder();
  executable(join(folder, 'mediasoup-worker'), script);
  return execFileSync('tar', ['-czf', '-', '-C', folder, 'mediasoup-worker']);
}

/** Neither half a download nor half a build may lie where the worker is looked for. */
const leftBeside = (target: string) => readdirSync(dirname(target)).filter((name) => name !== 'mediasoup-worker');

test('the prebuilt worker is downloaded once', async () => {
  const { setup, target, notes } = checkout({ mirror: await mirrorOf(archive(STARTS)), build: 'exit 1' });
  expect(await worker(setup)).toBe(target);
  expect(leftBeside(target)).toEqual([]);
  notes.length = 0;
  expect(await worker(setup)).toBe(target);
  expect(notes).toEqual([]);
});

test.each([
  ['is refused', () => REFUSED],
  ['is not there', () => mirrorOf(undefined)],
  ['is not an archive', () => mirrorOf(Buffer.from('<html>sign in</html>'))],
  ['does not start on this machine', () => mirrorOf(archive('echo "GLIBC_2.99 not found" >&2; exit 1'))],
])('a worker is built where the prebuilt one %s', async (_what, mirror) => {
  const { setup, target, notes } = checkout({ mirror: await mirror() });
  expect(await worker(setup)).toBe(target);
  expect(existsSync(target)).toBe(true);
  expect(leftBeside(target)).toEqual([]);
  expect(notes).toContainEqual(expect.stringMatching(/^No prebuilt mediasoup worker: ./));
});

test.each([
  ['is empty', ''],
  ['is cut off', '\x7fELF\x02\x01\x01'],
  ['ends at once', '#!/bin/sh\nexit 1\n'],
])('a cached worker that %s is replaced', async (_what, content) => {
  const { setup, target, notes } = checkout();
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode: 0o755 });
  await worker(setup);
  expect(readFileSync(target, 'utf8')).toContain(STARTS);
  expect(notes).toContainEqual(expect.stringContaining('The cached mediasoup worker does not start'));
});

test('a cached worker that may not be executed is replaced', async () => {
  const { setup, target } = checkout();
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `#!/bin/sh\n${STARTS}\n`);
  chmodSync(target, 0o644);
  await worker(setup);
  expect(await worker(setup)).toBe(target);
});

test('a cached worker that lacks a library gets it from Debian instead of being built anew', async () => {
  const { setup, bin, target, program } = checkout({ build: 'exit 1' });
  const library = join(bin, 'library');
  executable(
    target,
    `test -f ${library} && exit 41; echo "error while loading shared libraries: libuv.so.1" >&2; exit 127`,
  );
  program('dpkg-query', 'exit 1');
  program('apt-get', `touch ${library}`);
  expect(await worker(setup)).toBe(target);
});

test('a worker that was named is used, and one that does not start is an error with the remedy', async () => {
  const { setup, bin, notes } = checkout();
  const named = join(bin, 'my-worker');
  executable(named, STARTS);
  for (const name of ['UNDERTONE_WORKER_BIN', 'MEDIASOUP_WORKER_BIN'])
    expect(await worker({ ...setup, env: { ...setup.env, [name]: named } })).toBe(named);
  expect(notes).toEqual([]);
  const missing = { ...setup, env: { ...setup.env, UNDERTONE_WORKER_BIN: '/nowhere/worker' } };
  await expect(worker(missing)).rejects.toThrow('UNDERTONE_WORKER_BIN is /nowhere/worker, which does not start');
});

test('without root the message names the packages to build with', async () => {
  const { setup, program } = checkout({ isRoot: false });
  program('dpkg-query', 'echo "meson installed"');
  const error = await worker(setup).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  const { report } = error as SetupError;
  expect(report).toContain('needed for building the mediasoup worker');
  expect(report).toContain('--no-install-recommends g++ pkg-config ninja-build libssl-dev');
});

test('a build that fails says so with its last lines, and leaves no worker', async () => {
  const { setup, target } = checkout({ build: 'echo "fatal error: uv.h: No such file"; exit 1' });
  const error = await worker(setup).catch((thrown: unknown) => thrown);
  expect((error as SetupError).report).toContain('uv.h: No such file');
  expect((error as SetupError).report).toContain('UNDERTONE_WORKER_BIN');
  expect(existsSync(target)).toBe(false);
});

test('Ctrl-C in the middle of a build leaves no worker, and the next run goes on with what was built', async () => {
  const { setup, target, interrupt } = checkout({
    build: `if [ -f $3/half ]; then printf '#!/bin/sh\\n${STARTS}\\n' > $4; else touch $3/half; sleep 60; fi`,
  });
  const building = worker(setup).catch((thrown: unknown) => thrown);
  await vi.waitUntil(() => existsSync(join(dirname(target), 'build/half')), PATIENCE);
  interrupt();
  expect(await building).toBeInstanceOf(Interrupted);
  expect(existsSync(target)).toBe(false);
  expect(await worker({ ...setup, signal: new AbortController().signal })).toBe(target);
});

test('of two set-ups at once one builds and the other waits for it', async () => {
  const { setup, target, bin } = checkout();
  const builds = join(bin, 'builds');
  mkdirSync(bin, { recursive: true });
  const script = `echo build >> ${builds}; sleep 0.3; printf '#!/bin/sh\\n${STARTS}\\n' > $4`;
  executable(join(setup.root, 'scripts/mediasoup-worker/build-worker.sh'), script);
  const both = await Promise.all([worker(setup), worker(setup)]);
  expect(both[0]).toBe(both[1]);
  expect(both[0]).not.toBe(target); // the recipe changed, and with it the cache's key
  expect(readFileSync(builds, 'utf8')).toBe('build\n');
});
