/** A tar shard, read without unpacking: where each member lies, found once. */
import { open, type FileHandle } from 'node:fs/promises';
import { memberName } from '../../core/manifest-media.ts';
import { UndertoneError } from '../../errors.ts';

/** Where a member's bytes lie in its shard. */
export interface TarEntry {
  readonly start: number;
  readonly size: number;
}

const BLOCK = 512;

/** Bytes read at once: small members lie close together, so many headers come with one read. */
const READ_BYTES = 256 << 10;

/** A long name is a path, and a path is no longer than this. */
const MAX_NAME_BYTES = 64 << 10;

/**
 * The regular files of a tar (POSIX ustar, pax, GNU long names) by name, without a leading `./`; of a name that stands
 * twice the last, as tar unpacks it.
 * @param name for errors.
 * @throws UndertoneError `bad-media` for what is no tar, is damaged, or is cut off.
 * @example const entries = await indexTar(await open('shard.tar'), 'shard.tar');
 */
export async function indexTar(file: FileHandle, name: string): Promise<ReadonlyMap<string, TarEntry>> {
  const { size: end } = await file.stat();
  const window = reader(file);
  const index = new Map<string, TarEntry>();
  let named: { path?: string; size?: number } = {};
  let at = 0;
  for (;;) {
    const header = await window(at, BLOCK);
    // Two blocks of zeros close a tar; one that ends without them has lost its end.
    if (header.length < BLOCK) throw cutOff(name, at);
    if (header.every((byte) => byte === 0)) return index;
    if (checksum(header) !== octal(header, 148, 8))
      throw at === 0 ? new UndertoneError('bad-media', `${name} is no tar: make it with tar`) : damaged(name, at);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = named.size ?? sizeOf(header);
    if (!(size >= 0)) throw damaged(name, at);
    const start = at + BLOCK;
    if (!(start + size <= end)) throw cutOff(name, at);
    if (type === 'L' || type === 'x') {
      const body = Buffer.from(await window(start, Math.min(size, MAX_NAME_BYTES)));
      named = type === 'L' ? { ...named, path: cString(body) } : { ...named, ...paxOf(body) };
    } else if (type !== 'K' && type !== 'g') {
      if (type === '0' || type === '\0' || type === '7')
        index.set(memberName(named.path ?? nameIn(header)), { start, size });
      named = {};
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function reader(file: FileHandle): (at: number, length: number) => Promise<Buffer> {
  const buffer = Buffer.alloc(READ_BYTES);
  let from = 0;
  let held = 0;
  return async (at, length) => {
    if (at < from || at + length > from + held) {
      from = at;
      held = (await file.read(buffer, 0, READ_BYTES, at)).bytesRead;
    }
    return buffer.subarray(at - from, Math.min(at - from + length, held));
  };
}

function damaged(name: string, at: number): UndertoneError {
  return new UndertoneError('bad-media', `${name} is damaged at byte ${at}: copy or make it again`);
}

function cutOff(name: string, at: number): UndertoneError {
  return new UndertoneError('bad-media', `${name} is cut off after byte ${at}: copy or make it again`);
}

/** The header's sum, its own field taken as blanks. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function octal(header: Buffer, at: number, length: number): number {
  return Number.parseInt(
    header
      .toString('latin1', at, at + length)
      .replace(/\0.*$/s, '')
      .trim(),
    8,
  );
}

/** A size of 8 GiB and more is written as a big-endian number after a set bit. */
function sizeOf(header: Buffer): number {
  return (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : octal(header, 124, 12);
}

function nameIn(header: Buffer): string {
  const isPosix = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? cString(header.subarray(345, 500)) : '';
  return (prefix === '' ? '' : `${prefix}/`) + cString(header.subarray(0, 100));
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** `path` and `size` of a pax header: lines of `length key=value`. */
function paxOf(body: Buffer): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString('latin1', at, space));
    if (space < 0 || !(length > 0)) break;
    const [, key, value] = /^([^=]*)=(.*)\n$/s.exec(body.toString('utf8', space + 1, at + length)) ?? [];
    if (key === 'path' && value !== undefined) found.path = value;
    if (key === 'size' && value !== undefined) found.size = Number(value);
    at += length;
  }
  return found;
}

/** Open a shard to read members from. The caller closes it. @throws UndertoneError `bad-media`, as `indexTar` does. */
export async function openTar(path: string): Promise<TarShard> {
  const file = await open(path).catch((cause: unknown) => {
    throw new UndertoneError('bad-media', `${path} is missing or may not be read: put the shard beside the manifest`, {
      cause,
    });
  });
  try {
    if (!(await file.stat()).isFile()) throw new UndertoneError('bad-media', `${path} is no file: put the shard there`);
    return { file, entries: await indexTar(file, path) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An open shard. */
export interface TarShard {
  readonly file: FileHandle;
  readonly entries: ReadonlyMap<string, TarEntry>;
}
