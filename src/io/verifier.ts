import { decodeProtectedHeader } from 'jose';
import { UndertoneError } from '../errors.ts';
import type { Revocations } from './revocations.ts';
import { refusedToken, verifyToken } from './tokens.ts';
import type { Access } from './tokens.ts';

/** Whose tokens are good here. */
export interface VerifierOptions {
  /** Signs this server's own tokens. */
  readonly secret: string;
  /** Checks those of an identity provider; absent: there is none. */
  readonly provider?: (token: string) => Promise<Access>;
  readonly revocations: Pick<Revocations, 'has'>;
}

/**
 * Check tokens of this server and of its identity provider, side by side. Which of them has to vouch for a token is told
 * by its algorithm, and each takes its own algorithms only, so that neither's key is ever used as the other's.
 * @returns a verifier that throws UndertoneError `unauthenticated`, also for a token that was called back.
 */
export function createVerifier(options: VerifierOptions): (token: string) => Promise<Access> {
  const { secret, provider, revocations } = options;
  return async (token) => {
    const own = algorithmOf(token) === 'HS256';
    const access = await (own || provider === undefined ? verifyToken(secret, token) : provider(token));
    if (revocations.has(access.id))
      throw new UndertoneError(
        'unauthenticated',
        'the token was called back: ask whoever runs the server for a new one',
      );
    return access;
  };
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (cause) {
    throw refusedToken(cause);
  }
}
