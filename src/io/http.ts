import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UndertoneError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { isLoopback, namesLoopback } from './http-guard.ts';
import { loadPages } from './http-pages.ts';
import { answer, say } from './http-site.ts';
import type { Health } from './http-site.ts';
import type { PrometheusMeter } from './telemetry.ts';

/** What to serve, and where. */
export interface HttpOptions {
  /** Address to listen on. */
  readonly host: string;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  /** Folder of the built pages, for example `dist/clients`; it is read once, at start. */
  readonly staticDir: string;
  /** Asked at each `/readyz`. */
  readonly health: () => Health;
  readonly meter: Pick<PrometheusMeter, 'count' | 'text' | 'contentType'>;
  readonly log: Log;
  /**
   * Origins whose pages may connect, for example `https://undertone.example`: requests that name their hosts are answered
   * on loopback too, for a proxy that passes the name on. Default none.
   */
  readonly origins?: readonly string[];
  /**
   * Whether a request may read `/metrics`; asked where it comes from another machine, or through a proxy. Default: none
   * may.
   */
  readonly authorize?: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Answers what begins with `/api/`. Default: there is no such thing. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Open sockets, WebSockets included; more are refused and counted. Default 1024. */
  readonly maxSockets?: number;
  /** How long `close` waits for answers and WebSockets to end before it cuts them off, ms. Default 2000. */
  readonly closeMs?: number;
}

/** A server that listens. */
export interface HttpServer {
  /** Where the gateway hangs its `upgrade` listener. */
  readonly server: Server;
  /** What to type into a browser on this machine, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more requests, lets those that run end, and resolves when the last socket is gone. */
  close(): Promise<void>;
}

/** A client that is slower than this is not one of ours: the largest request is a few hundred bytes. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How long a client may take nothing of an answer that is on its way. WebSockets have a heartbeat instead. */
const STALLED_MS = 30_000;
const MAX_HEADERS = 64;

/**
 * Serve pages, health and metrics: `/` (dashboard), `/join`, the pages' assets, `/healthz` (the process runs), `/readyz`
 * (it can do its work) and `/metrics` (Prometheus). On loopback only requests that name a loopback host are answered, and
 * only they may upgrade to a WebSocket.
 *
 * @throws UndertoneError `port-in-use`; `config-invalid` when the address cannot be listened on.
 * @example
 * const http = await startHttp({ host: '127.0.0.1', port: 8080, staticDir: 'dist/clients', health, meter, log });
 * console.log(http.url);
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { health, meter, log, api, authorize = () => false, maxSockets = 1024, closeMs = 2000 } = options;
  const pages = await loadPages(options.staticDir);
  const ownHosts = new Set((options.origins ?? []).map((origin) => new URL(origin).host));
  let loopback = true;
  const admits = (request: IncomingMessage): boolean =>
    !loopback || namesLoopback(request) || ownHosts.has(request.headers.host ?? '');
  const server: Server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      shouldUpgradeCallback: (request) => server.listenerCount('upgrade') > 0 && admits(request),
    },
    (request, response) => {
      answer(request, response, { pages, health, meter, admits, authorize, loopback, ...(api && { api }) }).catch(
        (error: unknown) => {
          log.error({ error, path: request.url }, 'a request failed');
          if (response.headersSent) response.destroy();
          else say(response, 500, 'the server could not answer; its log says why');
        },
      );
    },
  );
  server.timeout = STALLED_MS;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = maxSockets;
  server.on('drop', () => {
    meter.count('undertone_discarded_total', { queue: 'sockets', reason: 'limit-reached' });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { address, family, port } = await listen(server, options.host, options.port);
  loopback = isLoopback(address);
  server.on('error', (error) => {
    log.error({ error }, 'the HTTP server could not take a connection');
  });

  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, closeMs);
    await closed;
    clearTimeout(cutOff);
  };
  let closing: Promise<void> | undefined;

  return {
    server,
    url: `http://${nameOf(address, family)}:${port}`,
    close: () => (closing ??= close()),
  };
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return server.address() as AddressInfo;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      const message = `port ${port} on ${host} is taken by another program: stop it, or set UNDERTONE_PORT`;
      throw new UndertoneError('port-in-use', message, { cause });
    }
    const setting = code === 'EACCES' ? 'UNDERTONE_PORT' : 'UNDERTONE_HOST';
    const message = `cannot listen on ${host}, port ${port} (${String(code)}): change ${setting}`;
    throw new UndertoneError('config-invalid', message, { cause });
  }
}

/** What a browser on this machine calls an address; one that stands for all addresses is none that it could open. */
function nameOf(address: string, family: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return family === 'IPv6' ? `[${address}]` : address;
}
