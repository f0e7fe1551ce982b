import { monitor, type MonitorEvent } from '../../clients/monitor.ts';
import { readSettings } from '../config.ts';
import { UndertoneError } from '../errors.ts';
import { signToken } from '../io/tokens.ts';
import type { Command, Invocation } from './command.ts';
import { serverSecret } from './secret.ts';
import { watchLines } from './watch-lines.ts';

const TOKEN_SECONDS = 12 * 3600;

/** `undertone watch`. */
export const watch: Command = {
  usage: 'watch ROOM',
  about: [
    'Prints a line per verdict as it is made, who comes and goes, and when the connection is lost and found.',
    'For a server of this machine a token is made; for another one give --token, or set UNDERTONE_TOKEN.',
  ],
  options: {
    url: { value: 'URL', help: 'the server (default: ws://127.0.0.1:8080, or UNDERTONE_HOST and UNDERTONE_PORT)' },
    token: {
      value: 'TOKEN',
      help: "a viewer's or admin's token; other users of this machine can see it, unlike UNDERTONE_TOKEN",
    },
    json: { help: 'one JSON object per event, as on the wire' },
  },
  arguments: 1,
  run: watchRoom,
};

async function watchRoom({ positionals: [room = ''], text, has, env, signal }: Invocation): Promise<number> {
  const { UNDERTONE_HOST: host, UNDERTONE_PORT: port } = readSettings(env);
  const url = gatewayUrl(text('url') ?? `ws://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`);
  const token = text('token') ?? env['UNDERTONE_TOKEN'] ?? (await localToken(url, room, env));
  const following = monitor({ url: url.href, token, room, signal });
  const lines = has('json') ? jsonLines : watchLines(room);
  try {
    for await (const event of following) {
      for (const line of lines(event)) process.stdout.write(`${line}\n`);
    }
  } finally {
    following.close();
  }
  return 0;
}

/** The gateway's address from the server's: `http` is read as `ws`, and the path may be left out. */
function gatewayUrl(typed: string): URL {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url === null || !/^(ws|http)s?:$/.test(url.protocol))
    throw new UndertoneError('config-invalid', `--url must look like ws://127.0.0.1:8080, not '${typed}'`);
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.pathname === '/') url.pathname = '/ws';
  return url;
}

async function localToken({ hostname }: URL, room: string, env: Invocation['env']): Promise<string> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && env['UNDERTONE_SECRET'] === undefined)
    throw new UndertoneError('config-invalid', `${hostname} is another machine: give --token, or set UNDERTONE_TOKEN`);
  return signToken(serverSecret(env), { role: 'viewer', rooms: [room], subject: 'undertone watch' }, TOKEN_SECONDS);
}

function jsonLines(event: MonitorEvent): readonly string[] {
  return event.type === 'status'
    ? [JSON.stringify({ ...event, error: event.error && { code: event.error.code, message: event.error.message } })]
    : [JSON.stringify(event)];
}
