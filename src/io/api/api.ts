/**
 * The HTTP API: every operation of the table in `src/protocol/api.ts` behind one door that checks who calls, how often, and
 * with what. The only importer of Hono.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import type { z } from 'zod';
import { UndertoneError, asUndertoneError } from '../../errors.ts';
import type { Clock, Log, Meter } from '../../ports.ts';
import { API_BASE, operations } from '../../protocol/api.ts';
import type { Operation, OperationName } from '../../protocol/api.ts';
import { admit } from './access.ts';
import type { AccessDeps, Caller } from './access.ts';
import { readJson } from './body.ts';
import { asyncApi, openApi } from './documents.ts';
import type { Handlers } from './handlers.ts';
import { createRates } from './rates.ts';
import { refusalOf, statusOf } from './refusals.ts';

/** What the API needs. */
export interface ApiOptions extends AccessDeps {
  /** Who carries out what; the two documents and `me` are answered here. */
  readonly handlers: Handlers<Exclude<OperationName, 'openapi' | 'asyncapi' | 'me'>>;
  /** Rooms that exist. */
  readonly rooms: readonly string[];
  /** Origins whose pages may call, beside the server's own. */
  readonly origins: readonly string[];
  /** The product's version, for the documents. */
  readonly version: string;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
}

/** Answers a request whose path begins with `/api/`. */
export type Api = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Calls of one token, or of one participant's key. */
const CALLS = { capacity: 200, perSecond: 50 };
/** Calls of one address without a good token or key. Those with one are never held up by whoever shares their address. */
const REFUSALS = { capacity: 20, perSecond: 1 };

/**
 * Make the API.
 * @example const api = createApi({ handlers, verify, people: store.people, rooms, origins: [], version, clock, meter, log });
 */
export function createApi(options: ApiOptions): Api {
  const { rooms, version, clock, meter, log } = options;
  const documents = { open: openApi({ version }), async: asyncApi({ version }) };
  const handlers: Handlers = {
    ...options.handlers,
    openapi: () => documents.open,
    asyncapi: () => documents.async,
    me: ({ caller: { actor, role, rooms: own, expiresMs } }) => ({
      role,
      subject: actor.subject,
      rooms: rooms.filter((room) => own?.includes(room) ?? true),
      expiresMs,
    }),
  };
  const calls = createRates(CALLS, clock);
  const refusals = createRates(REFUSALS, clock);
  const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>().basePath(API_BASE);
  app.use(cors({ origin: [...options.origins], allowHeaders: ['Authorization', 'Content-Type'], maxAge: 600 }));
  for (const [name, operation] of Object.entries<Operation>(operations))
    app.on(operation.method, pattern(operation.path), async (context) => {
      const caller = await callerOf(operation, context);
      const request = await readRequest(operation, context);
      // The table says what each operation is given and gives; TypeScript cannot follow it through the loop.
      const handle = handlers[name as OperationName] as (call: unknown) => unknown;
      const answer = await handle({ ...request, caller });
      context.header('Cache-Control', 'no-store');
      if (operation.answer === null) return context.body(null, 204);
      if ('bytes' in operation.answer)
        return context.body(answer as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': operation.answer.bytes });
      // What the table does not name stays here: a row may hold more than its reader is to know.
      return context.json(operation.answer.parse(answer) as object);
    });
  // Behind all operations, so that only what none of them answers comes here.
  for (const [path, methods] of methodsByPath())
    app.all(pattern(path), (context) => {
      context.header('Allow', methods.join(', '));
      throw new UndertoneError(
        'method-not-allowed',
        `${context.req.method} is not for this path: send ${methods.join(' or ')}`,
      );
    });
  app.notFound(() => {
    throw new UndertoneError('not-found', `there is no such path: ${API_BASE}/openapi.json lists all`);
  });
  app.onError((thrown, context) => {
    const error = asUndertoneError(thrown);
    meter.count('undertone_message_errors_total', { code: error.code });
    if (error.code === 'internal')
      log.error({ error: thrown, path: context.req.path }, 'a request failed unexpectedly');
    context.header('Cache-Control', 'no-store');
    if (error.code === 'unauthenticated') context.header('WWW-Authenticate', 'Bearer');
    if (error.code === 'rate-limited') context.header('Retry-After', '1');
    // What is left of the body is not waited for.
    if (error.code === 'message-too-large') context.header('Connection', 'close');
    return context.json(refusalOf(error), statusOf(error.code));
  });

  async function callerOf(operation: Operation, context: Context): Promise<Caller | null> {
    if (operation.roles === 'anyone') return null;
    const address = incomingOf(context).socket.remoteAddress ?? '';
    try {
      const caller = await admit(
        operation,
        {
          authorization: context.req.header('Authorization'),
          room: context.req.param('room'),
          participant: context.req.param('participant'),
        },
        options,
      );
      if (!calls.allows(caller.key))
        throw new UndertoneError('rate-limited', `more than ${CALLS.perSecond} calls a second: slow down`);
      return caller;
    } catch (thrown) {
      const error = asUndertoneError(thrown);
      if (error.code === 'unauthenticated' && !refusals.allows(address))
        throw new UndertoneError('rate-limited', 'too many calls without a good token: wait a moment');
      throw error;
    }
  }

  const listen = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
  });
  return async (request, response) => {
    await listen(request, response);
  };
}

/** A path of the table as Hono has it. */
function pattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** What each path of the table is answered for; whoever answers `GET` answers `HEAD`. */
function methodsByPath(): ReadonlyMap<string, readonly string[]> {
  const all = Object.values<Operation>(operations);
  return new Map(
    [...Map.groupBy(all, ({ path }) => path)].map(([path, some]) => [
      path,
      some.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
    ]),
  );
}

function incomingOf(context: Context): IncomingMessage {
  return (context.env as { incoming: IncomingMessage }).incoming;
}

async function readRequest(operation: Operation, context: Context): Promise<Record<string, unknown>> {
  const { req } = context;
  const { params, query, body } = operation;
  return {
    ...(params && { params: check(params, req.param(), 'path') }),
    ...(query && { query: check(query, req.query(), 'query') }),
    ...(body && { body: check(body, await readJson(incomingOf(context)), 'body') }),
  };
}

function check(schema: z.ZodType, value: unknown, place: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${[place, ...path].join('.')}: ${message}`);
  throw new UndertoneError('bad-message', problems.slice(0, 5).join('; '));
}
