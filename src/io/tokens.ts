import { randomUUID } from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Actor } from '../domain/trust.ts';
import { UndertoneError } from '../errors.ts';
import type { Role } from '../protocol.ts';

const ISSUER = 'undertone';
const AUDIENCE = 'undertone';
/** How far clocks may differ, s. */
export const CLOCK_TOLERANCE_S = 5;

/** What a token says. */
export interface TokenClaims {
  /** `publisher` may join, `viewer` may subscribe, `reviewer` may review, `admin` may do all of it. */
  readonly role: Role;
  /** Rooms it is good for. Default: all. */
  readonly rooms?: readonly string[];
  /** Whom it was made for; for the logs. */
  readonly subject?: string;
}

/** What the holder of a verified token may do. */
export interface Access extends TokenClaims {
  /** What the token is called back by. */
  readonly id: string;
  /** When the token ends, ms since the epoch. */
  readonly expiresMs: number;
}

const payload = z.object({
  role: z.enum(['publisher', 'viewer', 'reviewer', 'admin']),
  rooms: z.array(z.string().max(64)).max(1024).optional(),
  sub: z.string().max(256).optional(),
  exp: z.number(),
  jti: z.string().min(1).max(128),
});

/** A token that was made. */
export interface IssuedToken {
  readonly token: string;
  /** What it is called back by. */
  readonly id: string;
  readonly expiresMs: number;
}

const key = (secret: string) => new TextEncoder().encode(secret);

/**
 * Make a token: a JWT signed with HMAC-SHA-256, with an id of its own so that it can be called back.
 * @param secret 32 characters or more (`UNDERTONE_SECRET`).
 * @param ttlSeconds how long it is good for.
 * @example const { token } = await issueToken(secret, { role: 'viewer', rooms: ['lobby'] }, 3600);
 */
export async function issueToken(secret: string, claims: TokenClaims, ttlSeconds: number): Promise<IssuedToken> {
  const nowS = Math.floor(Date.now() / 1000);
  const { role, rooms, subject } = claims;
  const id = randomUUID();
  const jwt = new SignJWT({ role, ...(rooms && { rooms: [...rooms] }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setJti(id)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + ttlSeconds);
  if (subject !== undefined) jwt.setSubject(subject);
  return { token: await jwt.sign(key(secret)), id, expiresMs: (nowS + ttlSeconds) * 1000 };
}

/** The same, for who needs the token alone. */
export async function signToken(secret: string, claims: TokenClaims, ttlSeconds: number): Promise<string> {
  return (await issueToken(secret, claims, ttlSeconds)).token;
}

/**
 * Check a token's signature, issuer, audience, expiry (5 s of clock difference are forgiven) and claims.
 * @throws UndertoneError `unauthenticated`; the message never repeats the token.
 */
export async function verifyToken(secret: string, token: string): Promise<Access> {
  try {
    const verified = await jwtVerify(token, key(secret), {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'role', 'jti'],
    });
    const { role, rooms, sub, exp, jti } = payload.parse(verified.payload);
    return {
      id: jti,
      role,
      expiresMs: (exp + CLOCK_TOLERANCE_S) * 1000,
      ...(rooms && { rooms }),
      ...(sub !== undefined && { subject: sub }),
    };
  } catch (cause) {
    throw refusedToken(cause);
  }
}

/** Why a token is refused; says nothing of the token itself. */
export function refusedToken(cause: unknown): UndertoneError {
  const expired = cause instanceof Error && 'code' in cause && cause.code === 'ERR_JWT_EXPIRED';
  const what = expired ? 'the token has expired' : 'the token is not one of this server';
  return new UndertoneError('unauthenticated', `${what}: ask whoever runs the server for a new one`, { cause });
}

/** The holder of a token, as the record names them. */
export function actorOf({ role, subject }: Access): Actor {
  return { role, subject: subject ?? 'unnamed' };
}

/** Whether the token is good for `room`. */
export function mayEnter(access: Access, room: string): boolean {
  return access.rooms?.includes(room) ?? true;
}

/** Whether the role may join a room and send media. */
export function mayPublish({ role }: Access): boolean {
  return role === 'publisher' || role === 'admin';
}

/** Whether the role may read verdicts. Reviewers may not: who has seen what the model says cannot judge it blind. */
export function maySubscribe({ role }: Access): boolean {
  return role === 'viewer' || role === 'admin';
}

/** Whether the role may see what is put to reviewers, and answer. */
export function mayReview({ role }: Access): boolean {
  return role === 'reviewer' || role === 'admin';
}
