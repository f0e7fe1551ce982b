import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createApiClient } from '../../clients/api.ts';
import { readSettings } from '../config.ts';
import { UndertoneError } from '../errors.ts';
import { providerTokenId } from '../io/identity-provider.ts';
import { signToken } from '../io/tokens.ts';
import { serverSecret } from './secret.ts';

/**
 * Have a running server call a token back, so that it knows at once and puts it on record.
 * @param url where the server's pages are; undefined: where the settings say.
 * @returns the token's id.
 * @throws UndertoneError `config-invalid` for what is no token; what the server answers.
 */
export async function revokeToken(
  token: string,
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { id, expiresMs } = readClaims(token);
  const { UNDERTONE_HOST: host, UNDERTONE_PORT: port } = readSettings(env);
  const own = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const origin = url ?? `http://${own.includes(':') ? `[${own}]` : own}:${port.toString()}`;
  const admin = await signToken(serverSecret(env), { role: 'admin', subject: 'undertone token' }, 60);
  const api = createApiClient({ origin, authorization: `Bearer ${admin}` });
  await api.call('revokeToken', { body: { id, expiresMs } });
  return id;
}

function readClaims(token: string): { readonly id: string; readonly expiresMs: number } {
  try {
    const { jti, exp, iss = '' } = decodeJwt(token);
    const own = decodeProtectedHeader(token).alg === 'HS256';
    const id = own ? jti : providerTokenId(iss, jti, token);
    if (id !== undefined && exp !== undefined) return { id, expiresMs: exp * 1000 };
  } catch {
    // Said below, without the token.
  }
  throw new UndertoneError(
    'config-invalid',
    '--revoke takes a token: one that this command printed, or one of the identity provider',
  );
}
