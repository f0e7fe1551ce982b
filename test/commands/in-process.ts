/** A command run in this process, as `undertone` would run it: fast enough for many cases. */
import { isAbsolute, join } from 'node:path';
import { vi } from 'vitest';
import { type Command, readArguments } from '../../src/commands/command.ts';
import { asUndertoneError } from '../../src/errors.ts';
import type { Ran } from './undertone.ts';

/** Options whose values are paths. */
const PATHS: readonly string[] = ['--pack', '--corpus', '--out', '--report', '--ids', '--compare'];

/**
 * Run `command` with these arguments; paths are below `cwd` as they would be there. One at a time.
 * @returns what it printed, and the exit code that src/cli.ts makes of its end.
 */
export async function inProcess(command: Command, args: readonly string[], cwd: string): Promise<Ran> {
  const placed = args.map((value, i) =>
    PATHS.includes(args[i - 1] ?? '') && !isAbsolute(value) ? join(cwd, value) : value,
  );
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  const run = async (): Promise<number> => {
    try {
      const given = readArguments('it', command, placed);
      if (given === null) return 0;
      return await command.run({ ...given, env: {}, signal: new AbortController().signal });
    } catch (thrown) {
      const { code, message } = asUndertoneError(thrown);
      said.stderr += `undertone: ${message} (${code})\n`;
      return code === 'config-invalid' ? 2 : 1;
    }
  };
  try {
    const code = await run();
    return { code, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
