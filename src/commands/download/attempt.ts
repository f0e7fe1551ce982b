/** One attempt at a file: asks for what is missing of it, and believes a part only where the server vouches for the same version. */
import { open, rm, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UndertoneError } from '../../errors.ts';
import { megabytes } from '../megabytes.ts';
import { shownAddress } from './address.ts';
import { toldSha256 } from './digest.ts';
import { type Answer, get, type GetOptions } from './get.ts';
import type { Judge } from './judge-safetensors.ts';
import { type FileRecord, partPath, readKept, validatorOf, writeRecord } from './record.ts';

/** What bounds an attempt. */
export interface AttemptOptions extends GetOptions {
  /** What is larger is refused. Default: whatever fits on the disk. */
  readonly mostBytes?: number;
  /** Whether the file may well not be there, so that one that is not let out counts as absent, as stores of objects answer. Default false. */
  readonly optional?: boolean;
  /** Judges the file while it comes. Default: nobody. */
  readonly judge?: Judge;
  /** How many bytes are free in a folder's file system. Default: asks it. */
  readonly freeBytes?: (dir: string) => Promise<number>;
  /** Hears how much of the file there is, and how much there will be. */
  readonly onBytes?: (have: number, total: number | null) => void;
}

/** How an attempt ended that did not fail. */
export type Outcome =
  /** All of it is under `partPath`. `told` is what the server says that it hashes to. */
  | { readonly kind: 'fetched'; readonly record: FileRecord; readonly told: string | null }
  /** It was there before, and is still the same. */
  | { readonly kind: 'kept'; readonly record: FileRecord }
  | { readonly kind: 'absent' }
  /** Nothing that could be used came; it may the next time, after so long. */
  | { readonly kind: 'again'; readonly why: string; readonly waitMs: number };

const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/**
 * Ask once.
 * @throws UndertoneError for what another attempt would not mend. Anything else that is thrown broke on the way; what came is kept.
 */
export async function attempt(url: URL, path: string, options: AttemptOptions): Promise<Outcome> {
  const { record, whole, partBytes } = await readKept(path, shownAddress(url));
  const validator = record && validatorOf(record);
  const going = record !== null && validator !== null && partBytes > 0 ? { record, validator } : null;
  const asking = {
    ...(whole && record?.etag && { 'if-none-match': record.etag }),
    ...(whole && record?.lastModified && { 'if-modified-since': record.lastModified }),
    ...(going && { range: `bytes=${partBytes}-`, 'if-range': going.validator }),
  };
  const answer = await get(url, asking, options);
  const { status, headers, body, told } = answer;
  try {
    if (
      whole &&
      record &&
      (status === 304 || (status === 200 && record.etag !== null && strong(headers.etag) === record.etag))
    )
      return { kind: 'kept', record };
    if (isAbsent(answer, options)) return { kind: 'absent' };
    if (PASSING.includes(status))
      return { kind: 'again', why: `the server answers ${status}`, waitMs: retryAfterMs(headers['retry-after']) };
    if (status === 416 && going !== null) {
      if (headers['content-range'] === `bytes */${partBytes}`)
        return { kind: 'fetched', record: { ...going.record, bytes: partBytes }, told: told ?? toldSha256(headers) };
      return await anew(path, 'the server has less than what was fetched before; starting anew');
    }
    if (status === 206 && going !== null) {
      const total = continues(answer, going.record, partBytes);
      if (total === null) return await anew(path, 'the server sends another part than was asked for; starting anew');
      await take(url, path, body, { ...options, from: partBytes, total });
      return { kind: 'fetched', record: { ...going.record, bytes: total }, told: told ?? toldSha256(headers) };
    }
    if (status !== 200) throw refused(url, status);
    const started = recordOf(url, answer);
    await writeRecord(path, started);
    await take(url, path, body, { ...options, from: 0, total: started.bytes });
    return { kind: 'fetched', record: started, told: told ?? toldSha256(headers) };
  } finally {
    body.destroy();
  }
}

/** A page in place of a file says that there is none, or that somebody must sign in. */
function isAbsent({ status, headers }: Answer, { optional = false }: AttemptOptions): boolean {
  if (status === 404 || status === 410) return true;
  if (optional && (status === 401 || status === 403)) return true;
  return status === 200 && /^text\/html\b/i.test(headers['content-type'] ?? '');
}

function recordOf(url: URL, { headers }: Answer): FileRecord {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw failed(`${shownAddress(url)} comes packed (${encoding}), which was not asked for: fetch it by hand`);
  const length = headers['content-length'];
  return {
    url: shownAddress(url),
    etag: strong(headers.etag),
    lastModified: headers['last-modified'] ?? null,
    bytes: length === undefined ? null : Number(length),
    sha256: null,
  };
}

/** The whole file's length where a 206 goes on exactly where the part ends, of the same version; else null. */
function continues({ headers }: Answer, record: FileRecord, partBytes: number): number | null {
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const etag = strong(headers.etag);
  const same =
    Number(from) === partBytes &&
    Number(to) === Number(total) - 1 &&
    (record.bytes === null || record.bytes === Number(total)) &&
    (etag === null || etag === record.etag);
  return same ? Number(total) : null;
}

interface Taking extends AttemptOptions {
  readonly from: number;
  readonly total: number | null;
}

async function take(url: URL, path: string, body: Answer['body'], options: Taking): Promise<void> {
  const { from, total, mostBytes = Infinity, judge, onBytes, freeBytes = freeOf } = options;
  const tooLarge = (bytes: number) =>
    failed(
      `${shownAddress(url)} has ${megabytes(bytes)}, where at most ${megabytes(mostBytes)} make sense: it is something else`,
    );
  if (total !== null) {
    if (total > mostBytes) throw tooLarge(total);
    const free = await freeBytes(dirname(path));
    if (free < total - from)
      throw full(path, `${megabytes(total - from)} are to be fetched, and ${megabytes(free)} are free`);
  }
  let have = from;
  let judged = judge === undefined;
  onBytes?.(have, total);
  const part = partPath(path);
  const file = await open(part, from === 0 ? 'w' : 'a');
  try {
    for await (const bytes of body.bytes()) {
      have += bytes.length;
      if (have > mostBytes) throw tooLarge(have);
      await file.appendFile(bytes);
      if (!judged && judge) judged = await judge(part, have, total);
      onBytes?.(have, total);
    }
    await file.sync();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT'))
      throw full(path, cause.message);
    throw cause;
  } finally {
    await file.close();
  }
  if (total !== null && have !== total) throw new Error(`it ended after ${have} of ${total} bytes`);
}

async function anew(path: string, why: string): Promise<Outcome> {
  await rm(partPath(path), { force: true });
  return { kind: 'again', why, waitMs: 0 };
}

/** A tag that stands for the same bytes, as a range needs it. */
function strong(tag: string | undefined): string | null {
  return tag !== undefined && /^"[^"]*"$/.test(tag) ? tag : null;
}

/** Seconds, or a date. */
function retryAfterMs(given: string | undefined): number {
  if (given === undefined) return 0;
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return ms > 0 ? ms : 0;
}

async function freeOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

function refused(url: URL, status: number): UndertoneError {
  const remedy =
    status === 401 || status === 403
      ? 'whoever publishes it lets only some in: fetch it by hand as they say, and give its folder'
      : 'correct the address, or fetch the file by hand and give its folder';
  return failed(`${shownAddress(url)} answers ${status}: ${remedy}`);
}

function full(path: string, why: string): UndertoneError {
  return new UndertoneError(
    'disk-full',
    `no room for ${basename(path)} in '${dirname(path)}' (${why}): make room, or name another cache in XDG_CACHE_HOME`,
  );
}

function failed(message: string): UndertoneError {
  return new UndertoneError('download-failed', message);
}
