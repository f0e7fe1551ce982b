/** The HTTP API as it runs: a real server on loopback, real handlers, a real store in memory, real tokens, and who calls it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { PackDecision } from '../../../src/domain.ts';
import { readConfig } from '../../../src/config.ts';
import { clipStore } from '../../../src/io/clips/clip-store.ts';
import { startHttp } from '../../../src/io/http.ts';
import { openReviewLoop } from '../../../src/io/review-loop.ts';
import { createRooms } from '../../../src/io/rooms.ts';
import type { StoreOptions } from '../../../src/io/store/open.ts';
import { issueToken } from '../../../src/io/tokens.ts';
import type { TokenClaims } from '../../../src/io/tokens.ts';
import { openTrust } from '../../../src/io/trust.ts';
import type { Trust } from '../../../src/io/trust.ts';
import type { ClipStore } from '../../../src/ports/store.ts';
import { API_BASE, operations } from '../../../src/protocol/api.ts';
import type { Operation, OperationName } from '../../../src/protocol/api.ts';
import { serverApi } from '../../../src/server/api.ts';
import { fakeMedia } from '../fake-media.ts';
import { countingMeter } from '../quiet.ts';
import type { Counts } from '../quiet.ts';
import { conformance } from './conformance.ts';
import { send } from './send.ts';

export const SECRET = 'a secret of thirty-two characters';
const ROOMS = ['lobby', 'attic'];
/** The pack that judges. */
const PACK = 'test@1';
const DECISION = { thresholds: {}, minTopProbability: 0.5 };

/** What is sent: parts of the path by name, and the rest as it is. */
export interface Sent {
  readonly authorization?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** What came back. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  /** The body as text; of a clip its bytes, one character each. */
  readonly text: string;
  /** The same where it is JSON; null where it is not. */
  readonly json: unknown;
}

export interface ApiStage {
  readonly url: string;
  readonly trust: Trust;
  readonly clips: ClipStore;
  readonly meter: Counts;
  /** Everything that was logged, as text. */
  readonly logged: string[];
  /** Passes a second with every call, so that nobody calls too often, unless it is stopped; `forward` moves it. */
  readonly clock: { now(): number; forward(ms: number): void; stop(): void; go(): void };
  /** An `Authorization` header with a token of a real kind. */
  bearer(claims: TokenClaims, ttlSeconds?: number): Promise<string>;
  /** Call an operation; what comes back is checked against the OpenAPI document that the server serves. */
  call(name: OperationName, sent: Sent): Promise<Received>;
  /** The same, and it must succeed. @returns its JSON. */
  done<T = Record<string, unknown>>(name: OperationName, sent: Sent): Promise<T>;
  /** The same, and it must be refused. @returns status, code and message. */
  refused(name: OperationName, sent: Sent): Promise<readonly [status: number, code: string, message: string]>;
  /** The server goes away, and comes back at the same address with what it had stored. */
  fall(): Promise<void>;
  rise(): Promise<void>;
  close(): Promise<void>;
}

/** What a stage serves. */
export interface ApiStageOptions {
  readonly store?: StoreOptions;
  readonly rooms?: readonly string[];
  /** Folder of the built pages. Default: none are served. */
  readonly pages?: string;
  /** The pack that judges. */
  readonly pack?: string;
  readonly decision?: PackDecision;
}

/** Opens a store, which takes seconds: once a file, in `beforeAll`. */
export async function openApiStage(options: ApiStageOptions = {}): Promise<ApiStage> {
  const { store = { at: 'memory' }, rooms: names = ROOMS, pack = PACK, decision = DECISION } = options;
  const meter = countingMeter();
  const logged: string[] = [];
  const note = (fields: unknown, message: string): void => {
    logged.push(
      `${JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? reveal(value) : value))} ${message}`,
    );
  };
  const log = { info: note, warn: note, error: note };
  let aheadMs = 0;
  let stoppedMs: number | null = null;
  const clock = {
    now: () => (stoppedMs ?? Date.now()) + aheadMs,
    forward: (ms: number) => void (aheadMs += ms),
    stop: () => void (stoppedMs = Date.now()),
    go: () => void (stoppedMs = null),
  };
  const folder = await mkdtemp(join(tmpdir(), 'undertone-api-'));
  const clips = clipStore({ folder, keys: [], now: clock.now });
  const trust = await openTrust({ store, rooms: names, secret: SECRET, clips, clock, meter, log });
  const rooms = createRooms({
    names,
    media: fakeMedia(),
    people: trust.people,
    clock,
    meter,
    log,
    onJoin: () => () => undefined,
  });
  const loop = await openReviewLoop({ store: trust.store, pack, decision, clock, log });
  const config = readConfig({
    UNDERTONE_SECRET: SECRET,
    UNDERTONE_ORIGINS: 'https://ward.example',
    UNDERTONE_ROOMS: names.join(','),
    UNDERTONE_DATA_DIR: folder,
  });
  const api = serverApi(config, { trust, clips, rooms, loop, clock, meter, log });
  const listen = (port: number) =>
    startHttp({
      host: '127.0.0.1',
      port,
      staticDir: options.pages ?? folder,
      health: () => ({ checks: {} }),
      meter: { ...meter, text: () => Promise.resolve(''), contentType: 'text/plain' },
      log,
      api,
      closeMs: 200,
    });
  let http = await listen(0);
  const { url: address } = http;
  const served: unknown = await (await fetch(`${http.url}${API_BASE}/openapi.json`)).json();
  const conforms = conformance(served as Parameters<typeof conformance>[0]);

  async function call(name: OperationName, { authorization, params = {}, query = {}, body }: Sent): Promise<Received> {
    if (stoppedMs === null) clock.forward(1000);
    const { method, path }: Operation = operations[name];
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, value.toString()]));
    const target = path.replaceAll(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(params[part] ?? ''));
    const { status, headers, bytes } = await send(address, `${API_BASE}${target}?${search.toString()}`, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const isJson = headers.get('content-type')?.startsWith('application/json') === true;
    const json: unknown = isJson ? JSON.parse(bytes.toString()) : null;
    const received = { status, headers, text: bytes.toString(isJson ? 'utf8' : 'latin1'), json };
    conforms(name, received);
    return received;
  }

  return {
    url: address,
    trust,
    clips,
    meter,
    logged,
    clock,
    bearer: async (claims, ttlSeconds = 3600) => `Bearer ${(await issueToken(SECRET, claims, ttlSeconds)).token}`,
    call,
    async done<T>(name: OperationName, sent: Sent) {
      const { status, json, text } = await call(name, sent);
      expect([status, status < 300 ? '' : text]).toEqual([operations[name].answer === null ? 204 : 200, '']);
      return json as T;
    },
    async refused(name, sent) {
      const { status, json } = await call(name, sent);
      expect(status).toBeGreaterThanOrEqual(400);
      const { code, message } = (json as { error: { code: string; message: string } }).error;
      return [status, code, message];
    },
    fall: () => http.close(),
    async rise() {
      http = await listen(Number(new URL(address).port));
    },
    async close() {
      await http.close();
      rooms.close();
      loop.close();
      await trust.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An error with all that it knows, as a log would have it at its worst. */
function reveal(error: Error): unknown {
  return { ...Object.fromEntries(Object.entries(error)), stack: error.stack, cause: error.cause };
}
