import { UndertoneError } from '../errors.ts';
import { signToken } from '../io/tokens.ts';
import type { Role } from '../protocol.ts';
import type { Command } from './command.ts';
import { revokeToken } from './revoke-token.ts';
import { serverSecret } from './secret.ts';

const ROLES: readonly Role[] = ['publisher', 'viewer', 'reviewer', 'admin'];
const MAX_HOURS = 24 * 366;

/** `undertone token`. */
export const token: Command = {
  usage: 'token --role ROLE | --revoke TOKEN',
  about: [
    'Prints a token for the server with these settings: it is signed with UNDERTONE_SECRET, or with the secret that a',
    'server on this machine has made. Who holds the token has the role until it ends, or until it is called back with',
    '--revoke, which asks the running server: connections that it opened end at once.',
  ],
  options: {
    role: { value: 'ROLE', help: 'publisher (may join), viewer (may watch), reviewer (may review) or admin (all)' },
    room: { value: 'ROOM', help: 'room that it is good for, or several with commas (default: all)' },
    hours: { value: 'N', help: 'how long it is good for (default: 24)' },
    subject: { value: 'NAME', help: "whom it is made for; appears in the server's log" },
    revoke: { value: 'TOKEN', help: 'call this token back' },
    url: { value: 'URL', help: 'with --revoke: the server (default: where these settings put it)' },
  },
  arguments: 0,
  async run({ text, env }) {
    const revoked = text('revoke');
    if (revoked !== undefined) {
      process.stdout.write(`called back: ${await revokeToken(revoked, text('url'), env)}\n`);
      return 0;
    }
    const role = ROLES.find((known) => known === text('role'));
    if (role === undefined) throw new UndertoneError('config-invalid', `--role must be one of ${ROLES.join(', ')}`);
    const hours = Number(text('hours') ?? 24);
    if (!(hours > 0 && hours <= MAX_HOURS))
      throw new UndertoneError('config-invalid', `--hours must be a number above 0 and at most ${MAX_HOURS}`);
    const rooms = text('room')
      ?.split(',')
      .map((room) => room.trim());
    const odd = rooms?.find((room) => !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(room));
    if (odd !== undefined) throw new UndertoneError('config-invalid', `--room: '${odd}' cannot be the name of a room`);
    const subject = text('subject');
    const claims = { role, ...(rooms && { rooms }), ...(subject !== undefined && { subject }) };
    process.stdout.write(`${await signToken(serverSecret(env), claims, Math.round(hours * 3600))}\n`);
    return 0;
  },
};
