/** The real command line, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly done: Promise<Ran>;
}

/** Start `undertone ...args` in `cwd`, with nothing of this process's settings but `env`. */
export function start(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Running {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('UNDERTONE_'));
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const done = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      resolve({ code, ...said });
    });
  });
  return { child, stdout: () => said.stdout, done };
}

/** Run `undertone ...args` to its end. */
export function undertone(args: readonly string[], options: Parameters<typeof start>[1]): Promise<Ran> {
  return start(args, options).done;
}
