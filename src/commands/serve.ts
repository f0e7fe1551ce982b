import { serve as serveUntilStopped } from '../main.ts';
import type { Command } from './command.ts';

/** `undertone serve`. */
export const serve: Command = {
  usage: 'serve',
  about: [
    'Runs the monitor and its dashboard until Ctrl-C or SIGTERM, and drains gracefully.',
    'Settings are environment variables; README.md has the table.',
  ],
  options: {},
  arguments: 0,
  run: ({ env }) => serveUntilStopped(env),
};
