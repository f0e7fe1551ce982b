import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { mayEnter, mayPublish, mayReview, maySubscribe, signToken, verifyToken } from '../../src/io/tokens.ts';
import type { Access } from '../../src/io/tokens.ts';

const SECRET = 'a secret of thirty-two characters';
const key = new TextEncoder().encode(SECRET);

function jwt(claims: Readonly<Record<string, unknown>>, expires: string | null = '1h', alg = 'HS256') {
  const made = new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setJti('t1')
    .setIssuer('undertone')
    .setAudience('undertone');
  return expires === null ? made : made.setExpirationTime(expires);
}

describe('a token', () => {
  it('says again, when it is verified, what it was made to say', async () => {
    const claims = { role: 'viewer', rooms: ['lobby', 'attic'], subject: 'ward 7' } as const;
    const access = await verifyToken(SECRET, await signToken(SECRET, claims, 60));
    expect(access).toMatchObject(claims);
    expect(access.expiresMs).toBeGreaterThan(Date.now() + 55_000);
    expect(access.expiresMs).toBeLessThanOrEqual(Date.now() + 66_000);
    const plain = await verifyToken(SECRET, await signToken(SECRET, { role: 'admin' }, 60));
    expect(Object.keys(plain).sort()).toEqual(['expiresMs', 'id', 'role']);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['signed with another secret', () => signToken('another secret of 32 characters!!', { role: 'admin' }, 60)],
    ['expired', () => signToken(SECRET, { role: 'admin' }, -10)],
    ['without expiry', () => jwt({ role: 'admin' }, null).sign(key)],
    ['without a role', () => jwt({}).sign(key)],
    ['with an unknown role', () => jwt({ role: 'root' }).sign(key)],
    ['with rooms that are no list', () => jwt({ role: 'admin', rooms: 'lobby' }).sign(key)],
    ['of another issuer', () => jwt({ role: 'admin' }).setIssuer('evil').sign(key)],
    ['for another audience', () => jwt({ role: 'admin' }).setAudience('evil').sign(key)],
    [
      'without an id to call it back by',
      () =>
        new SignJWT({ role: 'admin' })
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuer('undertone')
          .setAudience('undertone')
          .setExpirationTime('1h')
          .sign(key),
    ],
    ['not yet valid', () => jwt({ role: 'admin' }).setNotBefore('1h').sign(key)],
    ['signed by another algorithm', () => jwt({ role: 'admin' }, '1h', 'HS512').sign(key)],
    [
      'not signed',
      () =>
        new UnsecuredJWT({ role: 'admin' })
          .setIssuer('undertone')
          .setAudience('undertone')
          .setExpirationTime('1h')
          .encode(),
    ],
    ['no JWT', () => 'let me in'],
    ['empty', () => ''],
  ])('%s is refused, and not repeated', async (_, make) => {
    const token = await make();
    const refused = verifyToken(SECRET, token);
    await expect(refused).rejects.toMatchObject({ name: 'UndertoneError', code: 'unauthenticated' });
    await expect(refused).rejects.not.toMatchObject({
      message: token === '' ? 'x' : (expect.stringContaining(token) as string),
    });
  });

  it('forgives clocks that differ by a few seconds', async () => {
    expect(await verifyToken(SECRET, await signToken(SECRET, { role: 'admin' }, -2))).toMatchObject({ role: 'admin' });
  });
});

describe('access', () => {
  const access = (role: Access['role'], rooms?: string[]): Access => ({
    id: 't1',
    role,
    expiresMs: 0,
    ...(rooms && { rooms }),
  });

  it('lets publishers join, viewers subscribe, reviewers review, and admins do all of it', () => {
    const can = (role: Access['role']) => [
      mayPublish(access(role)),
      maySubscribe(access(role)),
      mayReview(access(role)),
    ];
    expect(can('publisher')).toEqual([true, false, false]);
    expect(can('viewer')).toEqual([false, true, false]);
    expect(can('reviewer')).toEqual([false, false, true]);
    expect(can('admin')).toEqual([true, true, true]);
  });

  it('reaches the rooms that are named, or all where none are', () => {
    expect(mayEnter(access('admin'), 'lobby')).toBe(true);
    expect(mayEnter(access('admin', ['attic']), 'lobby')).toBe(false);
    expect(mayEnter(access('admin', ['attic']), 'attic')).toBe(true);
    expect(mayEnter(access('admin', []), 'attic')).toBe(false);
  });
});
