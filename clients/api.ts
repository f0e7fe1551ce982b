/** Calls of the HTTP API, typed by its table: `src/protocol/api.ts` says what goes in and what comes out. */
import { z } from 'zod';
import { UndertoneError, ERROR_CODES } from '../src/errors.ts';
import { API_BASE, apiError, operations } from '../src/protocol/api.ts';
import type { Operation, OperationAnswer, OperationInput, OperationName } from '../src/protocol/api.ts';

/** Who calls, and where. */
export interface ApiClientOptions {
  /** Where the server's pages are, for example `https://undertone.example`. */
  readonly origin: string;
  /** `Bearer TOKEN`, or `Participant KEY` for what concerns one participant. */
  readonly authorization: string;
  /** How long a call may take, ms. Default 15 000. */
  readonly timeoutMs?: number;
}

/** The API as one function. */
export interface ApiClient {
  /**
   * Carry out an operation; resolves to its answer.
   * @throws UndertoneError what the server answered; `disconnected` when it could not be reached, `too-slow` when it did not
   *   answer in time, `bad-message` when the answer is not of the API.
   */
  call<K extends OperationName>(name: K, input: OperationInput<K>): Promise<OperationAnswer<K>>;
}

const TIMEOUT_MS = 15_000;
const code = z.enum(ERROR_CODES).catch('internal');

/**
 * A client of the API.
 * @example
 * const api = createApiClient({ origin: location.origin, authorization: `Bearer ${token}` });
 * const { claimed } = await api.call('claim', { body: {} });
 */
export function createApiClient({ origin, authorization, timeoutMs = TIMEOUT_MS }: ApiClientOptions): ApiClient {
  return {
    async call(name, input) {
      const operation: Operation = operations[name];
      const { params = {}, query = {}, body } = input as Input;
      const url = new URL(API_BASE + fill(operation.path, params), origin);
      for (const [key, value] of Object.entries(query))
        if (value !== undefined) url.searchParams.set(key, String(value));
      const response = await reach(url, {
        method: operation.method,
        headers: { Authorization: authorization, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw await refusal(response);
      return (await read(operation, response)) as OperationAnswer<typeof name>;
    },
  };
}

interface Input {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'omit', cache: 'no-store' });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'TimeoutError')
      throw new UndertoneError('too-slow', 'the server did not answer in time: try again', { cause });
    throw new UndertoneError('disconnected', 'the server cannot be reached: is it running?', { cause });
  }
}

async function refusal(response: Response): Promise<UndertoneError> {
  const said = apiError.safeParse(await response.json().catch(() => null));
  if (!said.success) return new UndertoneError('internal', `the server answered ${response.status.toString()}`);
  return new UndertoneError(code.parse(said.data.error.code), said.data.error.message);
}

async function read({ answer }: Operation, response: Response): Promise<unknown> {
  if (answer === null) return null;
  if ('bytes' in answer) return new Uint8Array(await response.arrayBuffer());
  const parsed = answer.safeParse(await response.json().catch(() => null));
  if (parsed.success) return parsed.data;
  throw new UndertoneError('bad-message', 'the server answered with something else: reload the page', {
    cause: parsed.error,
  });
}
