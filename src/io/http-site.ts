import type { IncomingMessage, ServerResponse } from 'node:http';
import { isForwarded, namesLoopback, SECURITY_HEADERS } from './http-guard.ts';
import { sendPage } from './http-pages.ts';
import type { Page } from './http-pages.ts';
import type { PrometheusMeter } from './telemetry.ts';

/** Whether the server can do its work, part by part. Anyone may read it: nothing secret belongs in. */
export interface Health {
  /** By the part's name, for example `model`; ready means that all are `ok`. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** What there is to answer with. */
export interface Site {
  readonly pages: ReadonlyMap<string, Page>;
  readonly health: () => Health;
  readonly meter: Pick<PrometheusMeter, 'text' | 'contentType'>;
  /** Whether a request names this server by a name that is its own. */
  readonly admits: (request: IncomingMessage) => boolean;
  /** Whether a request that does not come straight from this machine may read `/metrics`. */
  readonly authorize: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Answers what begins with `/api/`; absent: there is no API. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Whether the server listens on a loopback address. */
  readonly loopback: boolean;
}

/** Answer one request. Rejects with what `health`, `authorize` or the meter threw. */
export async function answer(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  if (!site.admits(request)) {
    say(
      response.setHeader('Connection', 'close'),
      421,
      'this name is not of this server: use localhost, or add your own to UNDERTONE_ORIGINS',
    );
    return;
  }
  if (site.api !== undefined && request.url?.startsWith('/api/') === true) {
    await site.api(request, response);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // What the request still has to send is not read: the connection ends with the answer.
    response.setHeader('Allow', 'GET, HEAD').setHeader('Connection', 'close');
    say(response, 405, 'only GET and HEAD are answered here');
    return;
  }
  const path = pathOf(request.url ?? '');
  const page = path === null ? undefined : site.pages.get(path);
  if (path === null) say(response, 400, 'this is not a path');
  else if (path === '/healthz') say(response, 200, 'ok');
  else if (path === '/readyz') sayHealth(response, site.health());
  else if (path === '/metrics') await sayMetrics(request, response, site);
  else if (path === '/ws') say(response.setHeader('Upgrade', 'websocket'), 426, 'here is a WebSocket, not a page');
  else if (page !== undefined) sendPage(request, response, page);
  else if (site.pages.size === 0) say(response, 503, 'the pages are not built: run `npm run build`, then start again');
  else say(response, 404, 'there is no such page');
}

/** A plain sentence as an answer, never cached. */
export function say(response: ServerResponse, status: number, sentence: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${sentence}\n`);
}

function sayHealth(response: ServerResponse, { checks }: Health): void {
  const ready = Object.values(checks).every(({ ok }) => ok);
  send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, checks })}\n`);
}

async function sayMetrics(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const local = site.loopback && namesLoopback(request) && !isForwarded(request);
  if (local || (await site.authorize(request))) send(response, 200, site.meter.contentType, await site.meter.text());
  else
    say(response.setHeader('WWW-Authenticate', 'Bearer'), 401, "from another machine, metrics need an admin's token");
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' };
  response.writeHead(status, headers).end(body);
}

/** The path of a request's target; null when it is none. */
function pathOf(target: string): string | null {
  const [path = ''] = target.split(/[?#]/, 1);
  if (!path.startsWith('/')) return null;
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
