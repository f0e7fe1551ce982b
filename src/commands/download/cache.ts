/** Where what is fetched is kept. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Address } from './address.ts';

/** `$XDG_CACHE_HOME/undertone`, by default `~/.cache/undertone`: where set-up keeps what it fetches, too. */
export function cacheDirOf(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['XDG_CACHE_HOME'];
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache'), 'undertone');
}

/** The folder in the cache for the files of an address: one for each, whose name begins as people would call it. */
export function checkpointCache({ folder }: Address, env: Readonly<Record<string, string | undefined>>): string {
  const called = folder.pathname
    .split('/')
    .filter(Boolean)
    .slice(-3)
    .join('-')
    .replace(/[^\w.-]+/g, '_');
  const hash = createHash('sha256').update(`${folder.origin}${folder.pathname}`).digest('hex').slice(0, 16);
  return join(cacheDirOf(env), 'checkpoints', `${called.slice(0, 60) || 'checkpoint'}-${hash}`);
}
