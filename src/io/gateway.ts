/** The WebSocket server: `undertone.v1` over one path of the HTTP server. The only importer of ws. */
import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { LogEntry } from '../core/room-log.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import { CLOSE, SUBPROTOCOL } from '../protocol.ts';
import { refuse } from './gateway-admission.ts';
import type { Refusal } from './gateway-admission.ts';
import { createConnection } from './gateway-connection.ts';
import type { Connection, ConnectionLimits, HelloInfo } from './gateway-connection.ts';
import type { Revocations } from './revocations.ts';
import type { RoomFeed } from './room-feed.ts';
import type { Rooms } from './rooms.ts';
import type { Access } from './tokens.ts';

/** What the server takes from its peers. */
export interface GatewayLimits extends ConnectionLimits {
  /** Connections at once. Default 512. */
  readonly maxConnections?: number;
  /** Bytes of a message. Default 65 536. */
  readonly maxMessageBytes?: number;
  /** How long a peer may take to answer a close before it is cut off, ms. Default 5000. */
  readonly closeMs?: number;
}

/** What the gateway serves, and to whom. */
export interface GatewayOptions {
  readonly server: Server;
  readonly rooms: Rooms;
  /** Checks a token. @throws UndertoneError `unauthenticated` */
  readonly verify: (token: string) => Promise<Access>;
  /** Tokens that are called back: whoever came with one is cut off at once. Default none ever is. */
  readonly revocations?: Pick<Revocations, 'has' | 'onRevoked'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** What `hello` is answered with; its `heartbeatMs` is the time between two pings. */
  readonly helloInfo: HelloInfo;
  /** Default `/ws`. */
  readonly path?: string;
  /** Web origins whose pages may connect; the server's own always may. Default none. */
  readonly origins?: readonly string[];
  readonly limits?: GatewayLimits;
}

/** A running gateway. */
export interface Gateway {
  readonly connections: number;
  /** Take nobody in any more, close every connection with `CLOSE.draining`, and wait until they are gone. */
  close(): Promise<void>;
}

interface Peer {
  readonly socket: WebSocket;
  readonly connection: Connection;
  /** Pings since anything was heard. */
  unanswered: number;
}

/** Pings that may go unanswered. */
const MAX_UNANSWERED = 2;

/**
 * Serve the protocol on `server`, which the caller listens with and closes.
 * @example
 * const gateway = startGateway({ server, rooms, verify: (token) => verifyToken(secret, token), clock, meter, log, helloInfo });
 */
export function startGateway(options: GatewayOptions): Gateway {
  const { server, meter, log, helloInfo, path = '/ws', origins = [], limits = {} } = options;
  const { maxConnections = 512, maxMessageBytes = 65_536, closeMs = 5000 } = limits;
  const peers = new Set<Peer>();
  const encode = createEncoder();
  let draining = false;
  let opened = 0;
  let subscribers = 0;
  const onGone = new Set<() => void>();

  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  const beat = setInterval(heartbeat, helloInfo.heartbeatMs);
  const forget = options.revocations?.onRevoked((id) => {
    for (const { connection } of peers) connection.revoke(id);
  });
  server.on('upgrade', upgrade);

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = draining
      ? ({ status: 503, body: 'the server is shutting down: try again in a moment' } as const)
      : refuse(request, { path, origins, maxConnections }, peers.size);
    if (refusal === null) sockets.handleUpgrade(request, socket, head, open);
    else {
      meter.count('undertone_closed_total', { code: refusal.status.toString() });
      turnAway(socket, refusal);
    }
  }

  function open(socket: WebSocket): void {
    opened += 1;
    const id = opened;
    let closeCode: number | undefined;
    let cut: NodeJS.Timeout | undefined;
    const cutOff = (): void => {
      cut ??= setTimeout(() => socket.terminate(), closeMs);
    };
    const connection = createConnection(
      {
        ...options,
        id,
        encode,
        wire: {
          get bufferedBytes() {
            return socket.bufferedAmount;
          },
          send(text) {
            socket.send(text, { binary: false }, () => connection.flushed());
          },
          close(code, reason) {
            closeCode = code;
            socket.close(code, reason);
            cutOff();
          },
        },
        onSubscriptions(change) {
          subscribers += change;
          meter.gauge('undertone_subscribers', subscribers);
        },
      },
      limits,
    );
    const peer: Peer = { socket, connection, unanswered: 0 };
    peers.add(peer);
    meter.gauge('undertone_connections', peers.size);
    socket.on('message', (data, isBinary) => {
      peer.unanswered = 0;
      connection.receive(asBuffer(data), isBinary);
    });
    socket.on('pong', () => {
      peer.unanswered = 0;
    });
    socket.on('error', (error) => {
      const code = isTooLarge(error) ? 'message-too-large' : 'bad-message';
      meter.count('undertone_message_errors_total', { code });
      log.warn({ connection: id, code }, 'a peer broke the WebSocket protocol or its limits');
      cutOff();
    });
    socket.on('close', (code) => {
      clearTimeout(cut);
      connection.lost();
      peers.delete(peer);
      meter.gauge('undertone_connections', peers.size);
      meter.count('undertone_closed_total', { code: (closeCode ?? code).toString() });
      if (peers.size === 0) for (const gone of onGone) gone();
    });
  }

  function heartbeat(): void {
    for (const peer of peers) {
      if (peer.unanswered >= MAX_UNANSWERED) peer.connection.end(CLOSE.heartbeat, 'no answer to pings');
      else if (peer.socket.readyState === WebSocket.OPEN) {
        peer.unanswered += 1;
        peer.socket.ping();
      }
    }
  }

  return {
    get connections() {
      return peers.size;
    },
    async close() {
      draining = true;
      clearInterval(beat);
      forget?.();
      const gone = new Promise<void>((resolve) => {
        if (peers.size === 0) resolve();
        else onGone.add(resolve);
      });
      for (const { connection } of peers) connection.end(CLOSE.draining, 'the server is shutting down');
      await gone;
    },
  };
}

/** Encodes an event for its first subscriber and keeps the bytes for the others, as long as the log keeps the event. */
function createEncoder(): (feed: RoomFeed, entry: LogEntry) => Buffer {
  const encoded = new WeakMap<LogEntry, Buffer>();
  return (feed, entry) => {
    const known = encoded.get(entry);
    if (known !== undefined) return known;
    const { room, epoch } = feed;
    const { seq, event } = entry;
    const text = Buffer.from(JSON.stringify({ type: 'event', room, epoch, seq, event }));
    encoded.set(entry, text);
    return text;
  };
}

function turnAway(socket: Duplex, { status, body }: Refusal): void {
  const text = `${body}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function isTooLarge(error: Error): boolean {
  return 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
