/** What a failed call is answered with. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorCode, UndertoneError } from '../../errors.ts';

const STATUS: Partial<Readonly<Record<ErrorCode, ContentfulStatusCode>>> = {
  'bad-message': 400,
  disconnected: 400,
  'message-too-large': 413,
  'config-invalid': 422,
  'corpus-invalid': 422,
  'pack-invalid': 409,
  unauthenticated: 401,
  forbidden: 403,
  'purpose-forbids': 403,
  'room-not-found': 404,
  'not-found': 404,
  'method-not-allowed': 405,
  'not-joined': 404,
  conflict: 409,
  'consent-outdated': 409,
  'reservation-lost': 409,
  'rate-limited': 429,
  'limit-reached': 503,
  draining: 503,
  'store-unavailable': 503,
  'clip-damaged': 500,
};

/** The HTTP status of an error code; 500 for what the caller has no part in. */
export function statusOf(code: ErrorCode): ContentfulStatusCode {
  return STATUS[code] ?? 500;
}

/** Longest message, characters: what the caller sent may be in it. */
const MAX_MESSAGE = 2000;

/** What is wrong inside the server is for its log, not for the caller. */
export function refusalOf({ code, message }: UndertoneError) {
  const told = code === 'internal' ? 'the server failed: see its log' : message;
  return { error: { code, message: told.length > MAX_MESSAGE ? `${told.slice(0, MAX_MESSAGE)}...` : told } };
}
