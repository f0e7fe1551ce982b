/** One connection to the gateway, in a browser or in Node: a request and its answer, and the room's messages. */
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { CLOSE, serverMessage, SUBPROTOCOL } from '../src/protocol.ts';
import type { Results, ServerMessage } from '../src/protocol.ts';
import { listeners } from './listeners.ts';
import { pendingRequests } from './requests.ts';
import type { RequestFields, RequestResult, RequestType } from './requests.ts';

/** What the server says of a room that was subscribed to. */
export type RoomMessage = Extract<ServerMessage, { type: 'snapshot' | 'event' | 'conflated' }>;

/** How a connection ended: WebSocket's close code and reason, or the same numbers where this side gave up. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** How to reach the server. */
export interface ConnectOptions {
  /** The gateway, for example `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  /** Who is asking; sent in `hello`, never in the URL, and never logged. */
  readonly token: string;
  /** Gives up connecting, or closes the connection, when aborted. Default never. */
  readonly signal?: AbortSignal;
  /** How long to wait for the connection and its `hello` together, and later for each answer, ms. Default 10 000. */
  readonly timeoutMs?: number;
  /** The WebSocket class. Default the platform's own: every browser has one, and Node since 22. */
  readonly WebSocket?: new (url: string, protocol: string) => WebSocket;
}

/** An open connection that has said hello. */
export interface Connection {
  /** The server's answer to `hello`: who we are, which rooms there are, which pack judges. */
  readonly server: Results['hello'];
  /**
   * Ask for something and wait for the answer.
   * @throws UndertoneError the server's code and sentence; `too-slow` without an answer in time; `disconnected`.
   */
  request<T extends RequestType>(type: T, fields: RequestFields<T>): Promise<RequestResult<T>>;
  /** Listen to the rooms subscribed to, in order; returns how to stop. */
  onMessage(listener: (message: RoomMessage) => void): () => void;
  /** Hear that analysis of this connection's participant has stopped, as it has become forbidden; returns how to stop. */
  onForbidden(listener: (error: UndertoneError) => void): () => void;
  /** Settles once, when the connection has ended for whatever reason; never rejects. */
  readonly closed: Promise<Closed>;
  /** Ends the connection; does nothing a second time. */
  close(): void;
}

/** This side's own close code for a message that is not of the protocol. */
const UNREADABLE = 4007;

const CLOSE_CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [CLOSE.draining, 'draining'],
  [CLOSE.unauthenticated, 'unauthenticated'],
  [CLOSE.tooSlow, 'too-slow'],
  [CLOSE.abuse, 'rate-limited'],
  [CLOSE.replaced, 'already-joined'],
  [UNREADABLE, 'bad-message'],
]);

/**
 * Open a connection and say hello.
 * @throws UndertoneError `config-invalid` for a bad URL, `disconnected` when nothing answers there,
 *   `unsupported-protocol`, `unauthenticated`, or what else the server answers; `signal.reason` when aborted.
 * @example
 * const connection = await connect({ url: 'ws://127.0.0.1:8080/ws', token });
 * connection.onMessage((message) => console.log(message.type, message.seq));
 * await connection.request('subscribe', { room: 'lobby' });
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { url, token, signal, timeoutMs = 10_000 } = options;
  signal?.throwIfAborted();
  const socket = openSocket(url, options.WebSocket ?? globalThis.WebSocket);
  const requests = pendingRequests((text) => {
    socket.send(text);
  }, timeoutMs);
  const subscribers = listeners<RoomMessage>();
  const forbidden = listeners<UndertoneError>();
  const opened = Promise.withResolvers<undefined>();
  const closed = Promise.withResolvers<Closed>();
  let ended: UndertoneError | null = null;
  let heard = true;
  let heartbeat: ReturnType<typeof setInterval> | undefined;

  const end = (code: number, reason: string, error = closeError({ code, reason }, url)): void => {
    if (ended !== null) return;
    ended = error;
    clearInterval(heartbeat);
    signal?.removeEventListener('abort', close);
    opened.reject(error);
    requests.fail(error);
    closed.resolve({ code, reason });
    socket.close(code >= 3000 && code <= 4999 ? code : 1000);
  };
  const close = (): void => {
    end(1000, 'closed by this side');
  };

  const receive = (data: unknown): void => {
    if (ended !== null) return;
    heard = true;
    const message = readMessage(data);
    if (message === null) end(UNREADABLE, `the server sent what is not a message of ${SUBPROTOCOL}`);
    else if (message.type === 'result') requests.resolve(message.id, message.data);
    else if (message.type !== 'error') subscribers.tell(message);
    else if (message.id !== null) requests.reject(message.id, message.code, message.message);
    else if (message.code === 'purpose-forbids') forbidden.tell(new UndertoneError(message.code, message.message));
    else {
      const fault = new UndertoneError(message.code, message.message);
      requests.fail(fault);
      // The participant of this connection is gone with its media worker: only joining on a new connection helps.
      if (message.code === 'worker-crashed') end(1000, message.message, fault);
    }
  };

  /** A server that says nothing for a whole heartbeat, though it was pinged, is gone; TCP may take minutes to notice. */
  const beat = (): void => {
    if (ended !== null) clearInterval(heartbeat);
    else if (!heard) end(CLOSE.heartbeat, 'the server stopped answering');
    else {
      heard = false;
      requests.send('ping', {}).catch(() => undefined);
    }
  };

  const request = async <T extends RequestType>(type: T, fields: RequestFields<T>): Promise<RequestResult<T>> => {
    if (ended !== null) throw ended;
    return requests.send(type, fields);
  };

  socket.addEventListener('open', () => {
    opened.resolve(undefined);
  });
  socket.addEventListener('message', ({ data }) => {
    receive(data);
  });
  socket.addEventListener('error', () => {
    end(1006, 'the connection failed');
  });
  socket.addEventListener('close', ({ code, reason }) => {
    end(code, reason);
  });
  signal?.addEventListener('abort', close);
  const giveUp = setTimeout(() => {
    end(1006, `no answer within ${timeoutMs} ms`);
  }, timeoutMs);

  try {
    await opened.promise;
    if (socket.protocol !== SUBPROTOCOL)
      throw new UndertoneError('unsupported-protocol', `${place(url)} does not speak ${SUBPROTOCOL}`);
    const server = await request('hello', { token });
    heartbeat = setInterval(beat, Math.max(server.heartbeatMs, 100));
    const { promise } = closed;
    return { server, request, closed: promise, close, onMessage: subscribers.add, onForbidden: forbidden.add };
  } catch (cause) {
    close();
    signal?.throwIfAborted();
    throw asUndertoneError(cause);
  } finally {
    clearTimeout(giveUp);
  }
}

/** Why a connection ended, as an error: `disconnected` unless the close code says more. */
export function closeError({ code, reason }: Closed, url: string): UndertoneError {
  const why = reason === '' ? `close code ${code}` : reason;
  return new UndertoneError(CLOSE_CODES.get(code) ?? 'disconnected', `the connection to ${place(url)} ended: ${why}`);
}

function openSocket(url: string, WebSocket: NonNullable<ConnectOptions['WebSocket']>): WebSocket {
  try {
    return new WebSocket(url, SUBPROTOCOL);
  } catch (cause) {
    const message = `${place(url)} is not the address of a server: it starts with ws:// or wss://`;
    throw new UndertoneError('config-invalid', message, { cause });
  }
}

/** The URL without whatever secret its user, query or fragment may hold. */
function place(url: string): string {
  if (!URL.canParse(url)) return 'the given URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function readMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    return serverMessage.parse(JSON.parse(data));
  } catch {
    return null;
  }
}
