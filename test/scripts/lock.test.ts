import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Interrupted } from '../../scripts/setup/failure.mjs';
import { withLock } from '../../scripts/setup/lock.mjs';
import { temporaryFolder } from './fixture.ts';

const open = { signal: new AbortController().signal, onWait: () => undefined };
const held = (pid: number, host = hostname()) => JSON.stringify({ pid, host, nonce: 'other' });

test('work under one lock never overlaps', async () => {
  const file = join(temporaryFolder(), 'lock');
  let inside = 0;
  let most = 0;
  const work = () =>
    withLock(file, open, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    });
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

test('the lock of a process that is gone is taken over', async () => {
  const file = join(temporaryFolder(), 'lock');
  const { pid } = spawnSync('true');
  writeFileSync(file, held(pid));
  expect(await withLock(file, open, () => Promise.resolve('done'))).toBe('done');
});

test('the lock of another host is taken over once it has been silent', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, held(1, 'another-container'));
  utimesSync(file, new Date(0), new Date(0));
  expect(await withLock(file, open, () => Promise.resolve('done'))).toBe('done');
});

test('who waits for a living holder is told once, and can be interrupted', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, held(process.pid));
  const interruption = new AbortController();
  let told = 0;
  const onWait = () => {
    told++;
    interruption.abort();
  };
  const waiting = withLock(file, { signal: interruption.signal, onWait }, () => Promise.resolve());
  await expect(waiting).rejects.toThrow(Interrupted);
  expect(told).toBe(1);
  expect(existsSync(file)).toBe(true);
});

test('work that fails frees the lock', async () => {
  const file = join(temporaryFolder(), 'lock');
  await expect(withLock(file, open, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});
