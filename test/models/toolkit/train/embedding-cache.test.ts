import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CachedClip, cachedPortion } from '../../../../models/toolkit/train/embedding-cache.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'undertone-cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const CLIPS: readonly CachedClip[] = [
  { id: 'one', unread: '', looks: [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)] },
  { id: 'bröken', unread: 'there is no picture', looks: [] },
  { id: 'two', unread: '', looks: [Float32Array.of(0.5, -1, 1e-30)] },
];
const never = () => Promise.reject(new Error('it was there'));
const make = () => Promise.resolve(CLIPS);

test('a portion is made once, and is the same when it is read', async () => {
  expect(await cachedPortion(folder, ['a', 1], make)).toEqual(CLIPS);
  expect(await cachedPortion(folder, ['a', 1], never)).toEqual(CLIPS);
  await expect(cachedPortion(folder, ['a', 2], never)).rejects.toThrow('it was there');
});

test('one that was stopped is not kept', async () => {
  expect(await cachedPortion(folder, ['a'], () => Promise.resolve(null))).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

test('one that was cut off or is something else is made again', async () => {
  await cachedPortion(folder, ['a'], make);
  const file = join(folder, readdirSync(folder)[0] ?? '');
  truncateSync(file, 120);
  expect(await cachedPortion(folder, ['a'], make)).toEqual(CLIPS);
  writeFileSync(file, 'not a cache\n');
  expect(await cachedPortion(folder, ['a'], make)).toEqual(CLIPS);
  expect(await cachedPortion(folder, ['a'], never)).toEqual(CLIPS);
});
