import { gunzipSync } from 'node:zlib';
import { UndertoneError } from '../../src/errors.ts';

const BLOCK = 512;

/** A package that unpacks to more than this is not read; the largest in use unpacks to 130 MB. */
const MAX_UNPACKED_BYTES = 512 * 2 ** 20;

/**
 * Files of an npm tarball by their path in the package, without the leading folder. Those that are not in it are
 * missing from the result.
 *
 * @param tgz gzipped tar (POSIX ustar), as `npm pack` writes it.
 * @throws UndertoneError `pack-invalid` when the bytes are not such an archive or end too early.
 */
export function readTarball(tgz: Uint8Array, paths: readonly string[]): ReadonlyMap<string, Buffer> {
  const tar = unzip(tgz);
  const files = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + BLOCK);
    const field = (from: number, to: number): string => header.toString('utf8', from, to).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 136), 8);
    const start = at + BLOCK;
    if (field(257, 262) !== 'ustar' || !(start + size <= tar.length)) {
      throw new UndertoneError('pack-invalid', `the tarball is damaged at byte ${at}: fetch it again`);
    }
    const prefix = field(345, 500);
    const path = (prefix === '' ? '' : `${prefix}/`) + field(0, 100);
    const inPackage = path.slice(path.indexOf('/') + 1);
    const isFile = header[156] === 0 || header[156] === 0x30;
    if (isFile && paths.includes(inPackage)) files.set(inPackage, tar.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function unzip(tgz: Uint8Array): Buffer {
  try {
    return gunzipSync(tgz, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    throw new UndertoneError('pack-invalid', 'this is not a gzipped tarball: give one that npm pack made', { cause });
  }
}
