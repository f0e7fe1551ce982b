import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { UndertoneError } from '../../src/errors.ts';

const HEARTBEAT_MS = 5000;

export interface NpmPackOptions {
  /** Is told what is going on, a line at a time. */
  readonly log: (line: string) => void;
  /** Ends npm; what was half fetched is removed. */
  readonly signal?: AbortSignal;
  /** The npm command. Default `npm`. */
  readonly npm?: string;
}

/**
 * Fetches the tarball of a published package (`name@version`) into `file`, which appears whole or not at all.
 *
 * @throws UndertoneError `setup-missing` when npm is missing or fails; npm's last words are in the message.
 */
export async function npmPack(spec: string, file: string, options: NpmPackOptions): Promise<void> {
  const { log, signal, npm = 'npm' } = options;
  await mkdir(dirname(file), { recursive: true });
  const folder = await mkdtemp(join(dirname(file), 'fetch-'));
  log(`fetching ${spec} by npm`);
  const startedMs = performance.now();
  const heartbeat = setInterval(() => {
    log(`still fetching ${spec} after ${Math.round((performance.now() - startedMs) / 1000)} s`);
  }, HEARTBEAT_MS);
  try {
    const args = ['pack', spec, '--pack-destination', folder, '--ignore-scripts', '--loglevel', 'error'];
    await promisify(execFile)(npm, args, { ...(signal && { signal }), maxBuffer: 2 ** 24 });
    const [tarball] = await readdir(folder);
    if (tarball === undefined)
      throw new UndertoneError('setup-missing', `npm pack ${spec} wrote no tarball: update npm`);
    await rename(join(folder, tarball), file);
  } catch (cause) {
    throw explained(spec, cause);
  } finally {
    clearInterval(heartbeat);
    await rm(folder, { recursive: true, force: true });
  }
}

function explained(spec: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof UndertoneError || cause.name === 'AbortError') return cause;
  if ('code' in cause && cause.code === 'ENOENT') {
    return new UndertoneError('setup-missing', `npm is not on the PATH: install it, or give the tarball of ${spec}`, {
      cause,
    });
  }
  const said = 'stderr' in cause ? String(cause.stderr).trim().split('\n').slice(0, 3).join(' ') : cause.message;
  return new UndertoneError(
    'setup-missing',
    `npm could not fetch ${spec} (${said}): see npm's settings, or give a tarball`,
    {
      cause,
    },
  );
}
