/** `undertone recalibrate --server`: the server fits on its own store, as on its page for admins. */
import { createApiClient } from '../../clients/api.ts';
import { UndertoneError } from '../errors.ts';
import { signToken } from '../io/tokens.ts';
import type { Invocation } from './command.ts';
import { serverSecret } from './secret.ts';

/** A server fits while it judges. */
const FIT_MS = 10 * 60_000;
const TOKEN_SECONDS = 3600;
/** What a server decides for itself. */
const ITS_OWN = ['store', 'pack', 'room', 'risk', 'seed'];

/**
 * Have a server fit a calibration on all its answers and put it on record; tells where it is to be looked at.
 * @throws UndertoneError `conflict` where it proposes nothing, saying why; `config-invalid` for options that are not a server's; as the API.
 */
export async function proposeOnServer(typed: string, { text, has, env }: Invocation): Promise<void> {
  const strange = ITS_OWN.find((option) => text(option) !== undefined);
  if (strange !== undefined)
    throw new UndertoneError('config-invalid', `--${strange} is not for --server, which goes by its own settings`);
  if (!has('propose'))
    throw new UndertoneError('config-invalid', '--server fits only what it puts on record: give --propose as well');
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UndertoneError('config-invalid', `--server must look like http://127.0.0.1:8080, not '${typed}'`);
  const token = text('token') ?? env['UNDERTONE_TOKEN'] ?? (await localToken(url, env));
  const api = createApiClient({ origin: url.origin, authorization: `Bearer ${token}`, timeoutMs: FIT_MS });
  const { calibration, report } = await api.call('propose', {});
  process.stdout.write(
    has('json')
      ? `${JSON.stringify({ proposed: true, calibration, report })}\n`
      : `proposed as ${calibration.id}: compare before and after, and approve it, at ${url.origin}/admin#calibration\n`,
  );
}

async function localToken({ hostname }: URL, env: Invocation['env']): Promise<string> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && env['UNDERTONE_SECRET'] === undefined)
    throw new UndertoneError('config-invalid', `${hostname} is another machine: give --token, or set UNDERTONE_TOKEN`);
  return signToken(serverSecret(env), { role: 'admin', subject: 'undertone recalibrate' }, TOKEN_SECONDS);
}
