/** One GET: by way of the proxy that the environment names, and wherever it is sent on to, within bounds. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { PassThrough } from 'node:stream';
import { UndertoneError } from '../../errors.ts';
import { shownAddress } from './address.ts';
import { toldOnTheWay } from './digest.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How files are asked for. */
export interface GetOptions {
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, also in lower case. */
  readonly env: Environment;
  /** For the origin that is asked first, and no other. */
  readonly authorization?: string | undefined;
  /** A connection that brings nothing for so long is given up, ms. Default 30 000. */
  readonly stallMs?: number;
  /** Hears when another host is to answer. */
  readonly onElsewhere?: (from: string, to: string) => void;
  readonly signal: AbortSignal;
}

/** An answer whose body has not been read. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Body;
  /** SHA-256 that an answer on the way told of the file; null where none did. */
  readonly told: string | null;
}

/** Bytes that come, not all of them yet. */
interface Body {
  /** To the last one before the connection breaks; throws then. */
  bytes(): AsyncGenerator<Uint8Array>;
  /** Nothing more is wanted. */
  destroy(): void;
}

/** Bytes that may wait to be written. */
const WAITING_BYTES = 4 << 20;
const MOST_REDIRECTS = 8;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Ask for `url`. Its body comes as it is kept there: compression is not asked for.
 * @throws UndertoneError `download-failed` for too many redirects, or one from https to another protocol; what `node:http` throws
 * where nobody answers.
 */
export async function get(url: URL, headers: Readonly<Record<string, string>>, options: GetOptions): Promise<Answer> {
  let at = url;
  let told: string | null = null;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const own = at.origin === url.origin && options.authorization !== undefined;
    const { message, body } = await ask(
      at,
      { ...headers, ...(own && { authorization: options.authorization }) },
      options,
    );
    const status = message.statusCode ?? 0;
    const { headers: said } = message;
    const { location } = said;
    if (!REDIRECTS.includes(status) || location === undefined) return { status, headers: said, body, told };
    told ??= toldOnTheWay(said);
    body.destroy();
    const next = target(location, at);
    if (next.host !== at.host) options.onElsewhere?.(at.host, next.host);
    at = next;
  }
  throw failed(`${shownAddress(url)} is sent on more than ${MOST_REDIRECTS} times: give the address where it ends`);
}

function target(location: string, at: URL): URL {
  const next = URL.canParse(location, at.href) ? new URL(location, at) : null;
  if (next === null || !/^https?:$/.test(next.protocol))
    throw failed(
      `${shownAddress(at)} sends on to what is no address of the web: fetch the file by hand, and give its folder`,
    );
  if (at.protocol === 'https:' && next.protocol === 'http:')
    throw failed(
      `${shownAddress(at)} sends on to ${shownAddress(next)}, which anybody on the way could change: give another address`,
    );
  next.username = next.password = next.hash = '';
  return next;
}

interface Asked {
  readonly message: IncomingMessage;
  readonly body: Body;
}

function ask(url: URL, headers: Record<string, string | undefined>, options: GetOptions): Promise<Asked> {
  const { env, stallMs = 30_000, signal } = options;
  const { Agent, request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent: new Agent({ proxyEnv: proxyOf(env), timeout: stallMs }),
      headers: { 'accept-encoding': 'identity', 'user-agent': 'undertone', connection: 'close', ...headers },
      timeout: stallMs,
      signal,
    });
    asked
      .on('timeout', () => asked.destroy(new Error(`nothing came for ${stallMs / 1000} s`)))
      .on('error', reject)
      .on('response', (message) => {
        resolve({ message, body: bodyOf(message) });
      })
      .end();
  });
}

/** Listens from the start: a message drops what was not read yet when its connection breaks. */
function bodyOf(message: IncomingMessage): Body {
  const arrived = new PassThrough({ highWaterMark: WAITING_BYTES });
  let cause: unknown;
  arrived.on('error', () => undefined).on('drain', () => message.resume());
  message
    .on('data', (bytes: Uint8Array) => {
      if (!arrived.destroyed && !arrived.write(bytes)) message.pause();
    })
    .on('error', (error) => {
      cause = error;
    })
    .on('close', () => arrived.end());
  return {
    async *bytes() {
      for await (const bytes of arrived) yield bytes as Uint8Array;
      if (!message.complete)
        throw new Error(cause instanceof Error ? cause.message : 'the connection broke', { cause });
    },
    destroy() {
      message.destroy();
      arrived.destroy();
    },
  };
}

/** @throws UndertoneError `config-invalid` where this Node would go past the proxy. */
function proxyOf(env: Environment): Record<string, string | undefined> {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  const proxy = Object.fromEntries(names.map((name) => [name, env[name]]));
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const knows = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  if (!knows && names.some((name) => !/^no/i.test(name) && (env[name] ?? '') !== ''))
    throw new UndertoneError(
      'config-invalid',
      `a proxy is set, and Node.js ${process.versions.node} cannot use it: install Node.js 24.5 or newer`,
    );
  return proxy;
}

function failed(message: string): UndertoneError {
  return new UndertoneError('download-failed', message);
}
