import type { IncomingMessage } from 'node:http';
import { SUBPROTOCOL } from '../protocol.ts';

/** Why an upgrade is refused, as HTTP says it. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 503;
  readonly body: string;
}

/** Who may come in. */
export interface Admission {
  readonly path: string;
  /** Web origins whose pages may connect, beside the server's own. */
  readonly origins: readonly string[];
  readonly maxConnections: number;
}

/** Whether a WebSocket may be opened; null when it may. `connections` are open already. */
export function refuse(request: IncomingMessage, admission: Admission, connections: number): Refusal | null {
  const { path, origins, maxConnections } = admission;
  if (pathOf(request) !== path) return { status: 404, body: `there is no WebSocket here: connect to ${path}` };
  const { origin } = request.headers;
  if (origin !== undefined && !isOwn(origin, request.headers.host) && !origins.includes(origin))
    return { status: 403, body: 'pages of this origin may not connect: add it to UNDERTONE_ORIGINS' };
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUBPROTOCOL))
    return { status: 400, body: `offer the WebSocket subprotocol ${SUBPROTOCOL}: this server speaks no other` };
  if (connections >= maxConnections)
    return { status: 503, body: `all ${maxConnections} connections are taken: try again later` };
  return null;
}

function pathOf(request: IncomingMessage): string | null {
  const base = 'http://localhost';
  const target = request.url ?? '';
  return URL.canParse(target, base) ? new URL(target, base).pathname : null;
}

/** What is no browser sends no Origin; what is one cannot leave it out or make it up. */
function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
