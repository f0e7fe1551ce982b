/** What a command of `undertone` is, how its arguments are read, and how its help is written. */
import { parseArgs } from 'node:util';
import { asUndertoneError, UndertoneError } from '../errors.ts';

/** A command as people see it, and what it does. */
export interface Command {
  /** What follows `undertone`, for example `watch ROOM`. */
  readonly usage: string;
  /** What it does, in a few sentences, a line each. */
  readonly about: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How many arguments there must be, without options. */
  readonly arguments: number;
  /** @returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** An option of a command. */
export interface CommandOption {
  /** What its value is called in the help; without it the option is a switch. */
  readonly value?: string;
  readonly help: string;
}

/** One run of a command. */
export interface Invocation {
  readonly positionals: readonly string[];
  /** The value of an option; undefined where it was not given. */
  readonly text: (option: string) => string | undefined;
  /** Whether a switch was given. */
  readonly has: (option: string) => boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Read the arguments of a command.
 * @returns null where help was asked for.
 * @throws UndertoneError `config-invalid` for an unknown option, a missing value, or too many or few arguments.
 */
export function readArguments(
  name: string,
  command: Command,
  args: readonly string[],
): Pick<Invocation, 'positionals' | 'text' | 'has'> | null {
  const refuse = (what: string, cause?: unknown) =>
    new UndertoneError('config-invalid', `${what}: see 'undertone ${name} --help'`, { cause });
  const options = Object.entries(command.options).map(
    ([option, { value }]) => [option, { type: value === undefined ? 'boolean' : 'string' }] as const,
  );
  const parse = () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...Object.fromEntries(options), help: { type: 'boolean', short: 'h' } },
    });
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (thrown) {
    throw refuse(asUndertoneError(thrown).message.split('. ')[0] ?? '', thrown);
  }
  const { values, positionals } = parsed;
  if (values.help === true) return null;
  if (positionals.length > command.arguments)
    throw refuse(`unexpected argument '${positionals[command.arguments] ?? ''}'`);
  if (positionals.length < command.arguments) throw refuse(`an argument is missing: undertone ${command.usage}`);
  const given = new Map<string, unknown>(Object.entries(values));
  return {
    positionals,
    text: (option) => {
      const value = given.get(option);
      return typeof value === 'string' ? value : undefined;
    },
    has: (option) => given.get(option) === true,
  };
}

/** The help of one command. */
export function commandHelp({ usage, about, options }: Command): string {
  const entries = Object.entries(options).map(
    ([name, { value, help }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const,
  );
  return [`undertone ${usage}`, '', ...about, '', ...aligned([...entries, ['--help', 'this text']]), ''].join('\n');
}

/** Rows of two columns, indented; the first column as wide as its widest entry. */
export function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
