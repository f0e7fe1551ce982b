import { UndertoneError } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { results, SUBPROTOCOL } from '../src/protocol.ts';
import type { ClientRequest, Results } from '../src/protocol.ts';

/** What may be asked of the server. */
export type RequestType = ClientRequest['type'];

/** What a request carries besides its type and id. */
export type RequestFields<T extends RequestType> = Omit<Extract<ClientRequest, { type: T }>, 'type' | 'id'>;

/** What a request is answered with; empty where the protocol names no result. */
export type RequestResult<T extends RequestType> = T extends keyof Results
  ? Results[T]
  : Readonly<Record<string, never>>;

/** Answers that are still to come; more than this many and a request is refused with `limit-reached`. */
const MAX_PENDING = 64;

interface Pending {
  readonly resolve: (data: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: UndertoneError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Pairs each answer with its request. */
export interface Requests {
  /**
   * Send a request under an id of its own; resolves to the answer's data.
   * @throws UndertoneError what the server answered; `too-slow` when it did not answer in time; `bad-message` when the
   *   answer is not of the protocol; `limit-reached` when 64 answers are still to come; what `fail` was given.
   */
  send<T extends RequestType>(type: T, fields: RequestFields<T>): Promise<RequestResult<T>>;
  /** The answer to `id`; an answer that nobody waits for any more is dropped. */
  resolve(id: string, data: Readonly<Record<string, unknown>>): void;
  /** The refusal of `id`. */
  reject(id: string, code: ErrorCode, message: string): void;
  /** Rejects everything that waits. */
  fail(error: UndertoneError): void;
}

/** Requests written through `write`, each given `timeoutMs` for its answer. */
export function pendingRequests(write: (text: string) => void, timeoutMs: number): Requests {
  const pending = new Map<string, Pending>();
  let sent = 0;

  const take = (id: string): Pending | undefined => {
    const waiting = pending.get(id);
    pending.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  };

  const ask = (type: RequestType, fields: object): Promise<Readonly<Record<string, unknown>>> => {
    if (pending.size >= MAX_PENDING) {
      const message = `'${type}' was not sent: ${MAX_PENDING} requests still wait for their answers`;
      throw new UndertoneError('limit-reached', message);
    }
    const id = (++sent).toString();
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    const expire = (): void => {
      const message = `the server did not answer '${type}' within ${timeoutMs} ms`;
      take(id)?.reject(new UndertoneError('too-slow', message));
    };
    pending.set(id, { resolve, reject, timer: setTimeout(expire, timeoutMs) });
    write(JSON.stringify({ ...fields, type, id }));
    return promise;
  };

  return {
    send: async (type, fields) => readResult(type, await ask(type, fields)),
    resolve: (id, data) => take(id)?.resolve(data),
    reject: (id, code, message) => take(id)?.reject(new UndertoneError(code, message)),
    fail: (error) => {
      for (const id of [...pending.keys()]) take(id)?.reject(error);
    },
  };
}

function readResult<T extends RequestType>(type: T, data: Readonly<Record<string, unknown>>): RequestResult<T> {
  const schemas: Partial<Record<RequestType, (typeof results)[keyof typeof results]>> = results;
  const schema = schemas[type];
  if (schema === undefined) return {} as RequestResult<T>;
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data as RequestResult<T>;
  const message = `the server's answer to '${type}' is not of ${SUBPROTOCOL}`;
  throw new UndertoneError('bad-message', message, { cause: parsed.error });
}
