/** Tokens of an identity provider, whose keys come from a real HTTP server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { identityProvider } from '../../src/io/identity-provider.ts';
import type { IdentityProviderOptions } from '../../src/io/identity-provider.ts';
import { signToken } from '../../src/io/tokens.ts';
import { createVerifier } from '../../src/io/verifier.ts';

const SECRET = 'a secret of thirty-two characters';
const ISSUER = 'https://id.example.org/';
const AUDIENCE = 'undertone';
const CLAIMS = { undertone_role: 'viewer', undertone_rooms: ['lobby'] };

interface Signer {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function signer(alg: string, kid = alg): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

let rsa: Signer;
let ec: Signer;
let ed: Signer;
beforeAll(async () => {
  [rsa, ec, ed] = await Promise.all([signer('RS256'), signer('ES256'), signer('EdDSA')]);
});

/** A provider that publishes `keys`, and can go away. */
async function publish(keys: Signer[], options: Partial<IdentityProviderOptions> = {}) {
  const state = { away: false, fetched: 0 };
  const server = createServer((_, response) => {
    state.fetched += 1;
    if (state.away) response.writeHead(503).end('out to lunch');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })); // prettier-ignore
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}/jwks.json`;
  const provider = identityProvider({ jwksUrl, issuer: ISSUER, audience: AUDIENCE, ...options });
  const revoked = new Set<string>();
  const verify = createVerifier({ secret: SECRET, provider, revocations: { has: (id) => revoked.has(id) } });
  return { verify, revoked, state };
}

const jwt = ({ alg, kid }: Pick<Signer, 'alg' | 'kid'>, claims: Readonly<Record<string, unknown>> = CLAIMS) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg, kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject('ada@example.org')
    .setExpirationTime('1h');

describe('a token of an identity provider', () => {
  it('is taken with any of the three algorithms, and says who may what', async () => {
    const { verify, state } = await publish([rsa, ec, ed]);
    for (const each of [rsa, ec, ed]) {
      const access = await verify(await jwt(each).sign(each.privateKey));
      expect(access).toMatchObject({ role: 'viewer', rooms: ['lobby'], subject: 'ada@example.org' });
      expect(access.expiresMs).toBeGreaterThan(Date.now() + 3_000_000);
    }
    expect(state.fetched).toBe(1);
  });

  it('stands beside those of the server itself', async () => {
    const { verify } = await publish([rsa]);
    expect(await verify(await signToken(SECRET, { role: 'admin' }, 60))).toMatchObject({ role: 'admin' });
  });

  it('is good for all rooms only where it says so', async () => {
    const { verify } = await publish([rsa]);
    const all = await verify(await jwt(rsa, { ...CLAIMS, undertone_rooms: ['*'] }).sign(rsa.privateKey));
    expect(all).not.toHaveProperty('rooms');
    await expect(verify(await jwt(rsa, { undertone_role: 'admin' }).sign(rsa.privateKey))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it.each<[string, () => Promise<string> | string]>([
    ['expired', () => jwt(rsa).setExpirationTime('-1m').sign(rsa.privateKey)],
    ['not yet valid', () => jwt(rsa).setNotBefore('1h').sign(rsa.privateKey)],
    ['of another issuer', () => jwt(rsa).setIssuer('https://evil.example/').sign(rsa.privateKey)],
    ['for another audience', () => jwt(rsa).setAudience('mail').sign(rsa.privateKey)],
    ['without a role', () => jwt(rsa, { undertone_rooms: ['*'] }).sign(rsa.privateKey)],
    ['with an unknown role', () => jwt(rsa, { ...CLAIMS, undertone_role: 'server' }).sign(rsa.privateKey)],
    ['with rooms that are no list', () => jwt(rsa, { ...CLAIMS, undertone_rooms: '*' }).sign(rsa.privateKey)],
    ["with this server's claims instead", () => jwt(rsa, { role: 'admin' }).sign(rsa.privateKey)],
    ['signed by another key under the same name', async () => jwt(rsa).sign((await signer('RS256')).privateKey)],
    ['signed by a key that is not published', async () => jwt({ alg: 'ES256', kid: 'mine' }).sign((await signer('ES256')).privateKey)], // prettier-ignore
    [
      'signed with an algorithm that is not allowed',
      async () => {
        const other = await signer('RS512', 'RS256');
        return jwt(other).sign(other.privateKey);
      },
    ],
    [
      'signed by HS256 with the public key as secret',
      async () => jwt({ alg: 'HS256', kid: 'RS256' }, { ...CLAIMS, role: 'admin' }).setIssuer('undertone').setJti('x').sign(new TextEncoder().encode(await exportSPKI(rsa.publicKey))), // prettier-ignore
    ],
    ['signed by HS256 with the secret, but of the provider', () => jwt({ alg: 'HS256', kid: 'RS256' }).sign(new TextEncoder().encode(SECRET))], // prettier-ignore
    [
      'that carries its own key',
      async () => {
        const mine = await signer('ES256');
        return new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', jwk: mine.jwk }).setIssuer(ISSUER).setAudience(AUDIENCE).setSubject('eve').setExpirationTime('1h').sign(mine.privateKey); // prettier-ignore
      },
    ],
    ['not signed', () => new UnsecuredJWT(CLAIMS).setIssuer(ISSUER).setAudience(AUDIENCE).setSubject('eve').setExpirationTime('1h').encode()], // prettier-ignore
    [
      'forged in its claims',
      async () => {
        const [head, , signature] = (await jwt(rsa).sign(rsa.privateKey)).split('.');
        const claims = Buffer.from(JSON.stringify({ ...CLAIMS, undertone_role: 'admin', iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: 4e9 })); // prettier-ignore
        return [head, claims.toString('base64url'), signature].join('.');
      },
    ],
    ['no JWT', () => 'let me in'],
  ])('%s is refused, and not repeated', async (_, make) => {
    const { verify } = await publish([rsa, ec]);
    const token = await make();
    const refused = verify(token);
    await expect(refused).rejects.toMatchObject({ name: 'UndertoneError', code: 'unauthenticated' });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(token) as string });
  });

  it('can be called back, by its id or, where it has none, by what it is', async () => {
    const { verify, revoked } = await publish([rsa]);
    for (const made of [jwt(rsa), jwt(rsa).setJti('7')]) {
      const token = await made.sign(rsa.privateKey);
      revoked.add((await verify(token)).id);
      await expect(verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    expect(await verify(await jwt(rsa).setJti('8').sign(rsa.privateKey))).toMatchObject({ role: 'viewer' });
  });
});

describe('a provider that is away', () => {
  it('is not needed while its keys are known', async () => {
    const { verify, state } = await publish([rsa], { freshMs: 0, cooldownMs: 0 });
    await verify(await jwt(rsa).sign(rsa.privateKey));
    state.away = true;
    expect(await verify(await jwt(rsa).sign(rsa.privateKey))).toMatchObject({ role: 'viewer' });
    await expect(verify(await jwt(ec).sign(ec.privateKey))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(state.fetched).toBeGreaterThan(1);
  });

  it('is said to be away where they are not, and known keys do not serve for ever', async () => {
    const never = await publish([rsa], { cooldownMs: 0 });
    never.state.away = true;
    await expect(never.verify(await jwt(rsa).sign(rsa.privateKey))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining("identity provider's keys cannot be had") as string,
    });
    never.state.away = false;
    expect(await never.verify(await jwt(rsa).sign(rsa.privateKey))).toMatchObject({ role: 'viewer' });
    const old = await publish([rsa], { freshMs: 0, staleMs: 0, cooldownMs: 0 });
    await old.verify(await jwt(rsa).sign(rsa.privateKey));
    old.state.away = true;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(old.verify(await jwt(rsa).sign(rsa.privateKey))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('may change its keys, and those of before are good no more', async () => {
    const keys = [rsa];
    const { verify } = await publish(keys, { freshMs: 0, cooldownMs: 0 });
    await verify(await jwt(rsa).sign(rsa.privateKey));
    keys.splice(0, 1, ec);
    expect(await verify(await jwt(ec).sign(ec.privateKey))).toMatchObject({ role: 'viewer' });
    await expect(verify(await jwt(rsa).sign(rsa.privateKey))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
