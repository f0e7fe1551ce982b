/** Every cause of failure that a program may want to tell apart. One code, one cause. */
export const ERROR_CODES = [
  // what the operator can mend
  'config-invalid',
  'setup-missing',
  'pack-invalid',
  'encoder-invalid',
  'features-invalid',
  'download-failed',
  'corpus-invalid',
  'training-failed',
  'port-in-use',
  // what a client did
  'bad-message',
  'message-too-large',
  'unsupported-protocol',
  'unauthenticated',
  'forbidden',
  'rate-limited',
  'limit-reached',
  'room-not-found',
  'not-joined',
  'already-joined',
  'transport-not-found',
  'track-not-found',
  'unsupported-codec',
  'bad-media',
  'not-media',
  'purpose-forbids',
  'consent-outdated',
  'not-found',
  'method-not-allowed',
  'conflict',
  'reservation-lost',
  // what a client ran into
  'disconnected',
  // what the server ran into
  'too-slow',
  'draining',
  'worker-crashed',
  'inference-failed',
  'store-unavailable',
  'store-invalid',
  'clip-damaged',
  'disk-full',
  'internal',
] as const;

/** One of `ERROR_CODES`. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The one error class. `code` is for programs; `message` is a sentence for people that names the offending thing and
 * the remedy; `cause` keeps what was underneath.
 *
 * @example
 * throw new UndertoneError('pack-invalid', `pack ${name} has no calibration for 'fear': run calibrate on it`, { cause });
 */
export class UndertoneError extends Error {
  override readonly name = 'UndertoneError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whatever was thrown, as an `UndertoneError`; what is not one already becomes `code` (default `internal`). */
export function asUndertoneError(thrown: unknown, code: ErrorCode = 'internal'): UndertoneError {
  if (thrown instanceof UndertoneError) return thrown;
  return new UndertoneError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
