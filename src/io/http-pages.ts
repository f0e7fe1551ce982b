import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { UndertoneError } from '../errors.ts';
import { byteRange } from './http-range.ts';

/** A file of the built pages. */
export interface Page {
  readonly body: Buffer;
  readonly type: string;
  /** Strong: a digest of the body, so it also survives a rebuild that changed nothing. */
  readonly etag: string;
  readonly cacheControl: string;
}

/** What the pages may take of the memory; a build is well under 10 MB, so more is the wrong folder. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webm': 'video/webm',
  '.woff2': 'font/woff2',
};

/** Vite puts a digest of the content into the names under `assets/`, so what is under such a name never changes. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

const ALIASES: readonly (readonly [string, string])[] = [
  ['/', '/dashboard/index.html'],
  ['/join', '/publisher/index.html'],
  ['/review', '/review/index.html'],
  ['/admin', '/admin/index.html'],
  ['/consent', '/consent/index.html'],
  ['/api', '/api-page/index.html'],
];

/**
 * Read the built pages into memory, by the path under which they are served. Only what is found here can be asked for, so
 * no request names a file. Links are not followed. Empty when there is no such folder.
 * @throws UndertoneError `config-invalid` when the folder holds more than 64 MiB.
 */
export async function loadPages(dir: string): Promise<ReadonlyMap<string, Page>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new UndertoneError('config-invalid', `cannot read the pages in ${dir}: is it a folder?`, { cause });
  });
  const pages = new Map<string, Page>();
  let total = 0;
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const body = await readFile(file);
    total += body.length;
    if (total > MAX_TOTAL_BYTES)
      throw new UndertoneError('config-invalid', `${dir} holds more than 64 MiB: is it the folder of the built pages?`);
    const path = `/${relative(dir, file).split(sep).join('/')}`;
    pages.set(path, {
      body,
      type: TYPES[extname(file)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      cacheControl: HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  }
  for (const [alias, path] of ALIASES) {
    const page = pages.get(path);
    if (page !== undefined) pages.set(alias, page);
  }
  return pages;
}

/** Answer a GET or HEAD with a page: whole, a range of it, or nothing when the client has it already. */
export function sendPage(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const { body, type, etag, cacheControl } = page;
  response.setHeader('ETag', etag).setHeader('Cache-Control', cacheControl).setHeader('Accept-Ranges', 'bytes');
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', type);
  const ifRange = request.headers['if-range'];
  const ranged = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = ranged ? byteRange(request.headers.range, body.length) : null;
  if (range === 'unsatisfiable')
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}`, 'Content-Length': 0 }).end();
  else if (range === null) response.writeHead(200, { 'Content-Length': body.length }).end(body);
  else {
    const { first, last } = range;
    const place = `bytes ${first}-${last}/${body.length}`;
    response
      .writeHead(206, { 'Content-Range': place, 'Content-Length': last - first + 1 })
      .end(body.subarray(first, last + 1));
  }
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
