/** A real server of files on this machine that misbehaves as it is told. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one request is answered. `nth` counts those for the same path, from 0. */
export type Answering = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server that runs. */
export interface Site {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  /** What was asked for, in order. */
  readonly asked: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

/** Start a server; a path that is not named answers 404. */
export async function site(paths: Readonly<Record<string, Answering>> | Answering): Promise<Site> {
  const asked: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const nth = asked.filter((each) => each.path === path).length;
    asked.push({ path, headers: request.headers });
    response.on('error', () => undefined);
    const answering = typeof paths === 'function' ? paths : paths[path.split('?')[0] ?? ''];
    if (answering) answering(request, response, nth);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What is different from a server that does all it should. */
export interface Oddities {
  /** Default: made of the bytes. Null: none. */
  readonly etag?: string | null;
  /** Default true. */
  readonly ranges?: boolean;
  /** Bytes of the body after which the connection is cut. */
  readonly cutAfter?: (nth: number) => number | undefined;
  /** Bytes of the body after which nothing more comes. */
  readonly stallAfter?: (nth: number) => number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with bytes as servers of files do: with a length, an entity tag, ranges, and 304 for what has not changed. */
export function file(bytes: Uint8Array, oddities: Oddities = {}): Answering {
  const { etag = tagOf(bytes), ranges = true, cutAfter, stallAfter, headers = {} } = oddities;
  return (request, response, nth) => {
    const common = { ...(etag !== null && { etag }), ...headers };
    if (etag !== null && request.headers['if-none-match'] === etag) {
      response.writeHead(304, common).end();
      return;
    }
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const partly = ranges && from !== undefined && request.headers['if-range'] === etag;
    const start = partly ? Number(from) : 0;
    if (partly && start >= bytes.length) {
      response.writeHead(416, { ...common, 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(start);
    response.writeHead(partly ? 206 : 200, {
      'content-length': body.length,
      ...(partly && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
      ...common,
    });
    const cut = cutAfter?.(nth);
    const stall = stallAfter?.(nth);
    if (cut !== undefined && cut < body.length)
      response.write(body.subarray(0, cut), () => response.socket?.end(() => response.destroy()));
    else if (stall !== undefined && stall < body.length) response.write(body.subarray(0, stall));
    else response.end(body);
  };
}

/** An entity tag that tells versions apart, and is no hash that could be compared. */
export function tagOf(bytes: Uint8Array): string {
  return `"${sha256(bytes).slice(0, 20)}"`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
