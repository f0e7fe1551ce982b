/** The folder of the embedded store: held by one process, whole or not there, and what is wrong with it is said. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lockFolder } from '../../../src/io/store/folder-lock.ts';
import { openStore } from '../../../src/io/store/open.ts';
import { ADMIN, grantOf } from '../../contract/store/made.ts';

const root = mkdtempSync(join(tmpdir(), 'undertone-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const place = () => join(root, (made++).toString());
const inUse = { code: 'store-unavailable', message: expect.stringContaining('in use by') as string };

describe('the lock', () => {
  test('is held once, and free again when it is released', () => {
    const folder = place();
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining(inUse) as Error);
    lock.release();
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a process that lives is respected, and taken over when it has died', async () => {
    const folder = place();
    const module = join(import.meta.dirname, '../../../src/io/store/folder-lock.ts');
    const script = `import(${JSON.stringify(module)}).then(({ lockFolder }) => {
      lockFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000); })`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    expect(() => lockFolder(folder)).toThrow(`process ${String(holder.pid)}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockFolder(folder).release();
  });

  test('of a process whose number another has by now is stale', () => {
    const folder = place();
    mkdirSync(folder);
    const holder = { host: hostname(), pid: process.pid, started: 'another time' };
    writeFileSync(join(folder, 'lock'), JSON.stringify(holder));
    lockFolder(folder).release();
  });

  test('of another host is respected while it is fresh', () => {
    const folder = place();
    mkdirSync(folder);
    writeFileSync(join(folder, 'lock'), JSON.stringify({ host: 'elsewhere', pid: 1, started: 'x' }));
    expect(() => lockFolder(folder)).toThrow('process 1 on elsewhere');
  });

  test('that was cut short is respected while it is fresh', () => {
    const folder = place();
    mkdirSync(folder);
    writeFileSync(join(folder, 'lock'), '');
    expect(() => lockFolder(folder)).toThrow('in use by another process');
  });
});

describe('the embedded store in a folder', () => {
  test('keeps what it was given, refuses a second opener, and begins again what was cut short', async () => {
    const folder = place();
    // A first start that was killed left half a database under its working name.
    mkdirSync(join(folder, 'pg.part/base'), { recursive: true });
    writeFileSync(join(folder, 'pg.part/PG_VERSION'), '18');
    const first = await openStore({ at: 'folder', folder });
    await expect(openStore({ at: 'folder', folder })).rejects.toMatchObject(inUse);
    await first.people.grant(grantOf({ room: 'kept' }), 'key', ADMIN);
    await first.close();
    expect(existsSync(join(folder, 'pg.part'))).toBe(false);
    const second = await openStore({ at: 'folder', folder });
    expect(await second.people.consents({ room: 'kept', participant: 'ada' })).toHaveLength(1);
    await second.close();
  });

  test('a place that cannot be written to is named with the remedy', async () => {
    const file = place();
    writeFileSync(file, '');
    await expect(openStore({ at: 'folder', folder: join(file, 'store') })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining(file) as string,
    });
    const folder = place();
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    if (process.getuid?.() !== 0)
      await expect(openStore({ at: 'folder', folder })).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
