import { createHash } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { UndertoneError } from '../errors.ts';
import { CLOCK_TOLERANCE_S, refusedToken } from './tokens.ts';
import type { Access } from './tokens.ts';

/** An identity provider that signs tokens for this server. */
export interface IdentityProviderOptions {
  /** Where its public keys are (JWKS, RFC 7517), for example `https://id.example.org/jwks.json`. */
  readonly jwksUrl: string;
  /** What its tokens say in `iss`. */
  readonly issuer: string;
  /** What its tokens for this server say in `aud`. */
  readonly audience: string;
  /** How long keys are used before they are fetched anew, ms. Default 10 minutes. */
  readonly freshMs?: number;
  /** How long keys are used at most while the provider is away, ms. Default 24 hours. */
  readonly staleMs?: number;
  /** Between two fetches for a key that is not known, ms. Default 30 000. */
  readonly cooldownMs?: number;
}

/** Public-key signatures only: a key that everybody can read must never do as a secret (HS256), nor none at all. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const FETCH_TIMEOUT_MS = 3000;

const claims = z.object({
  undertone_role: z.enum(['publisher', 'viewer', 'reviewer', 'admin']),
  // Named in every token: an identity provider has users that never heard of this server.
  undertone_rooms: z.array(z.string().max(64)).max(1024),
  sub: z.string().max(256),
  exp: z.number(),
  jti: z.string().min(1).max(128).optional(),
});

/**
 * Check tokens of an identity provider: RS256, ES256 or EdDSA by its published keys, issuer, audience, expiry and not-before.
 * Claims: `undertone_role`, and `undertone_rooms`, a list of rooms or `["*"]` for all. Its keys are kept; while it is away
 * the known ones still serve.
 * @returns a verifier; @throws UndertoneError `unauthenticated` from it, also when keys cannot be had.
 * @example const verify = identityProvider({ jwksUrl, issuer: 'https://id.example.org/', audience: 'undertone' });
 */
export function identityProvider(options: IdentityProviderOptions): (token: string) => Promise<Access> {
  const { jwksUrl, issuer, audience } = options;
  const keyFor = keysOf(options);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyFor, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub', 'undertone_role', 'undertone_rooms'],
      });
      const { undertone_role: role, undertone_rooms: rooms, sub, exp, jti } = claims.parse(payload);
      const all = rooms.includes('*');
      const id = providerTokenId(issuer, jti, token);
      return { id, role, subject: sub, expiresMs: (exp + CLOCK_TOLERANCE_S) * 1000, ...(!all && { rooms }) };
    } catch (cause) {
      if (isAway(cause))
        throw new UndertoneError(
          'unauthenticated',
          `the identity provider's keys cannot be had from ${new URL(jwksUrl).host}: try again, or tell its operator`,
          { cause },
        );
      throw refusedToken(cause);
    }
  };
}

/** The provider's keys: fetched when needed, kept while it is away. */
function keysOf(options: IdentityProviderOptions): JWTVerifyGetKey {
  const { jwksUrl, freshMs = 600_000, staleMs = 86_400_000, cooldownMs = 30_000 } = options;
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: freshMs,
    cooldownDuration: cooldownMs,
  });
  let known: { readonly keys: JSONWebKeySet; readonly atMs: number } | null = null;
  /** After a fetch that failed nobody waits for another one for a while. */
  let awayUntilMs = Number.NEGATIVE_INFINITY;
  return async (header, token) => {
    const nowMs = performance.now();
    const spare = known !== null && nowMs - known.atMs <= staleMs ? createLocalJWKSet(known.keys) : null;
    if (spare !== null && nowMs < awayUntilMs) return spare(header, token);
    try {
      const key = await remote(header, token);
      const keys = remote.jwks();
      if (keys !== undefined) known = { keys, atMs: nowMs };
      return key;
    } catch (error) {
      if (!isAway(error) || spare === null) throw error;
      awayUntilMs = nowMs + cooldownMs;
      return spare(header, token);
    }
  };
}

/** Whether keys could not be had, rather than the token being wrong. */
function isAway(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // jose says of a fetch that was answered with something else than keys only this.
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return error instanceof TypeError || (error instanceof Error && error.name === 'AbortError');
}

/** What a provider's token is called back by: told apart from our own, and bounded. Without a `jti`, the token itself tells. */
export function providerTokenId(issuer: string, jti: string | undefined, token: string): string {
  return createHash('sha256')
    .update(jti === undefined ? token : `${issuer} ${jti}`)
    .digest('base64url');
}
