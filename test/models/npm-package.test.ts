import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { npmPack } from '../../models/toolkit/npm-pack.ts';
import { packageFiles } from '../../models/toolkit/npm-package.ts';
import type { NpmPackage } from '../../models/toolkit/npm-package.ts';
import { readTarball } from '../../models/toolkit/tarball.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-package-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const quiet = { log: () => undefined };
const CONTENT = 'weights\n'.repeat(300);

describe('readTarball', () => {
  it('finds files among others, also below long folders', async () => {
    const deep = `${'folder/'.repeat(18)}net.bin`;
    const tgz = await makeTarball({ 'a.txt': 'no', 'models/net.bin': CONTENT, [deep]: 'deep', 'empty.bin': '' });
    const files = readTarball(tgz, ['models/net.bin', deep, 'empty.bin', 'missing.bin']);
    expect([...files.keys()].sort()).toEqual(['empty.bin', deep, 'models/net.bin']);
    expect(files.get('models/net.bin')?.toString()).toBe(CONTENT);
    expect(files.get('empty.bin')).toHaveLength(0);
  });

  it('refuses an archive that is cut short, and what is none', async () => {
    const tgz = await makeTarball({ 'models/net.bin': CONTENT });
    expect(() => readTarball(tgz.subarray(0, tgz.length / 2), [])).toThrow(/not a gzipped tarball/);
    expect(() => readTarball(Buffer.from('hello'), [])).toThrow(/not a gzipped tarball/);
  });
});

describe('packageFiles', () => {
  it('takes a tarball or an unpacked package, and checks each', async () => {
    const tgz = await makeTarball({ 'models/net.bin': CONTENT });
    const source = pinned(tgz);
    const from = join(dir, 'made.tgz');
    for (const each of [from, join(dir, 'package')]) {
      const files = await packageFiles(source, { from: each, cacheDir: join(dir, 'cache'), ...quiet });
      expect(files.get('models/net.bin')?.toString()).toBe(CONTENT);
    }
    await writeFile(from, tgz.subarray(0, 100));
    await expect(packageFiles(source, { from, cacheDir: dir, ...quiet })).rejects.toMatchObject({
      code: 'pack-invalid',
    });
  });

  it('names a file that the package lacks', async () => {
    const tgz = await makeTarball({ 'other.bin': CONTENT });
    const asked = packageFiles(pinned(tgz), { from: join(dir, 'made.tgz'), cacheDir: dir, ...quiet });
    await expect(asked).rejects.toThrow('example@1.0.0: models/net.bin is not in it');
  });

  it('takes what is in the cache, and nothing that is damaged there', async () => {
    const tgz = await makeTarball({ 'models/net.bin': CONTENT });
    const fake = await fakeNpm(`cp ${join(dir, 'made.tgz')} "$4/example-1.0.0.tgz"; echo ran >> ${join(dir, 'runs')}`);
    const options = { cacheDir: join(dir, 'cache'), npm: fake, ...quiet };
    await packageFiles(pinned(tgz), options);
    await packageFiles(pinned(tgz), options);
    expect(await readFile(join(dir, 'runs'), 'utf8')).toBe('ran\n');
    const [cached = ''] = await readdir(options.cacheDir);
    await writeFile(join(options.cacheDir, cached), 'damaged');
    await packageFiles(pinned(tgz), options);
    expect(await readFile(join(dir, 'runs'), 'utf8')).toBe('ran\nran\n');
  });

  it('refuses what npm brings when it is not what is pinned, and does not keep it', async () => {
    const source = pinned(await makeTarball({ 'models/net.bin': CONTENT }));
    const npm = await fakeNpm('echo other > "$4/example-1.0.0.tgz"');
    const asked = packageFiles(source, { cacheDir: join(dir, 'cache'), npm, ...quiet });
    await expect(asked).rejects.toMatchObject({ code: 'pack-invalid' });
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });
});

describe('npmPack', () => {
  it('says when npm is missing', async () => {
    const asked = npmPack('example@1.0.0', join(dir, 'x.tgz'), { npm: join(dir, 'no-npm'), ...quiet });
    await expect(asked).rejects.toMatchObject({ code: 'setup-missing' });
    await expect(asked).rejects.toThrow(/npm is not on the PATH/);
  });

  it("passes on npm's own words when it fails", async () => {
    const npm = await fakeNpm('echo "npm error 404 no such package" >&2; exit 1');
    const asked = npmPack('example@1.0.0', join(dir, 'x.tgz'), { npm, ...quiet });
    await expect(asked).rejects.toThrow(/example@1\.0\.0 \(npm error 404 no such package\)/);
    expect(await readdir(dir)).toEqual(['npm']);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const npm = await fakeNpm(`echo half > "$4/half.tgz"; touch ${join(dir, 'started')}; exec sleep 600`);
    const asked = npmPack('example@1.0.0', join(dir, 'cache', 'x.tgz'), { npm, signal: stop.signal, ...quiet });
    await expect.poll(() => readdir(dir)).toContain('started');
    stop.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });
});

/** A package of these files, as `made.tgz` and as folder `package`. */
async function makeTarball(files: Readonly<Record<string, string>>): Promise<Buffer> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(dir, 'package', path);
    await mkdir(join(target, '..'), { recursive: true });
    await writeFile(target, content);
  }
  execFileSync('tar', ['--format=ustar', '-czf', 'made.tgz', 'package'], { cwd: dir });
  return readFile(join(dir, 'made.tgz'));
}

function pinned(tgz: Buffer): NpmPackage {
  return {
    name: 'example',
    version: '1.0.0',
    integrity: `sha512-${createHash('sha512').update(tgz).digest('base64')}`,
    files: { 'models/net.bin': createHash('sha256').update(CONTENT).digest('hex') },
  };
}

/** A command in npm's place: `$4` is the folder for the tarball. */
async function fakeNpm(script: string): Promise<string> {
  const path = join(dir, 'npm');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
