/** `undertone serve`: the monitor as a process. Reads the settings, starts it, says where it is, ends it gracefully. */
import { maskConfig, readConfig } from './config.ts';
import { asUndertoneError } from './errors.ts';
import { localToken, startServer } from './server.ts';

/**
 * Serve until SIGTERM or SIGINT; a second signal ends the process at once.
 * @returns the exit code: 0 after a graceful end, 1 when it could not start (stderr says why).
 */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const signal = nextSignal();
  try {
    const config = readConfig(env);
    const server = await startServer(config);
    server.log.info(maskConfig(config), 'settings');
    if (config.mediaIsLocal)
      server.log.warn(
        { UNDERTONE_WEBRTC_HOST: config.UNDERTONE_WEBRTC_HOST },
        'only this machine can send media: set UNDERTONE_WEBRTC_HOST to an address that others reach',
      );
    process.stdout.write(await welcome(server.url, config));
    server.log.info({ signal: await signal }, 'draining');
    void nextSignal().then(() => process.exit(1));
    await server.close();
    return 0;
  } catch (error) {
    const { code, message } = asUndertoneError(error);
    process.stderr.write(`undertone cannot start (${code}):\n${message}\n`);
    return 1;
  }
}

async function welcome(url: string, config: ReturnType<typeof readConfig>): Promise<string> {
  if (!config.loopback) return `Undertone is ready at ${url}. Tokens: npx undertone token --help\n`;
  const token = await localToken(config);
  return [
    `Undertone is ready at ${url}`,
    '',
    `  Dashboard  ${url}/#token=${token}`,
    `  Join       ${url}/join?room=${config.UNDERTONE_ROOMS[0] ?? ''}#token=${token}`,
    `  Review     ${url}/review#token=${token}`,
    `  Settings   ${url}/admin#token=${token}`,
    `  Token      ${token}`,
    '',
    'The token is for this machine only and lasts a week; Ctrl-C stops the server.',
    '',
  ].join('\n');
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const on = (signal: NodeJS.Signals) => {
      process.off('SIGTERM', on);
      process.off('SIGINT', on);
      resolve(signal);
    };
    process.on('SIGTERM', on);
    process.on('SIGINT', on);
  });
}

if (import.meta.main) process.exitCode = await serve(process.env);
