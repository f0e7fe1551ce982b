/** The `undertone` command: finds the command that was meant, runs it, and turns what it throws into a line and a code. */
import { aligned, type Command, commandHelp, readArguments } from './commands/command.ts';
import { asUndertoneError, UndertoneError } from './errors.ts';

interface Entry {
  readonly summary: string;
  /** Loaded when it is run, so that help is there at once. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: {
    summary: 'run the monitor and its dashboard',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  doctor: {
    summary: 'look at what the server needs, and tell what mends what does not work',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  analyse: {
    summary: 'judge a file or stream: a line of JSON per window, and a picture',
    load: async () => (await import('./commands/analyse.ts')).analyse,
  },
  watch: { summary: "follow a room's verdicts", load: async () => (await import('./commands/watch.ts')).watch },
  token: { summary: 'make a token for a server', load: async () => (await import('./commands/token.ts')).token },
  aggregate: {
    summary: "tell what each rule that makes labels of raters' votes throws away",
    load: async () => (await import('./commands/aggregate.ts')).aggregate,
  },
  features: {
    summary: "run an imported encoder over a corpus' clips, once",
    load: async () => (await import('./commands/features.ts')).features,
  },
  train: {
    summary: 'train a network from clips that people voted on',
    load: async () => (await import('./commands/train.ts')).train,
  },
  annotators: {
    summary: 'learn single raters, and the distribution that they make together',
    load: async () => (await import('./commands/annotators.ts')).annotators,
  },
  pack: {
    summary: 'put trained networks together as a pack',
    load: async () => (await import('./commands/pack.ts')).pack,
  },
  evaluate: {
    summary: 'tell how well a pack agrees with raters, and how far it can be believed',
    load: async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  },
  reject: {
    summary: 'tell what abstaining buys, and give a pack a rule that promises how much of it is right',
    load: async () => (await import('./commands/reject.ts')).reject,
  },
  calibrate: {
    summary: "fit a pack's probabilities to a corpus, as a new pack",
    load: async () => (await import('./commands/calibrate.ts')).calibrate,
  },
  uncertainty: {
    summary: 'learn valence, arousal and dominance with their uncertainty, and tell what it is worth',
    load: async () => (await import('./commands/uncertainty.ts')).uncertainty,
  },
  reference: {
    summary: 'tell a pack what it was made for, so that what is unlike it is rejected',
    load: async () => (await import('./commands/reference.ts')).reference,
  },
  recalibrate: {
    summary: "fit a calibration on reviewers' answers, and tell what it would change",
    load: async () => (await import('./commands/recalibrate.ts')).recalibrateCommand,
  },
  review: {
    summary: "carry reviewers' answers out of a server's store, and in",
    load: async () => (await import('./commands/review.ts')).review,
  },
  inspect: {
    summary: 'tell what a pack is',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  import: {
    summary: 'bring a published perception model into the project',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
};

/** Exit codes: what was asked for makes no sense; it failed; it was stopped by a signal. */
const EXIT = { usage: 2, failure: 1, SIGINT: 130, SIGTERM: 143 } as const;

/** Run the command line `undertone ...args`. Returns the exit code. */
async function cli(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? EXIT.usage : 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined)
    throw new UndertoneError('config-invalid', `there is no command '${name}': see 'undertone --help'`);
  const command = await entry.load();
  const given = readArguments(name, command, rest);
  if (given === null) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  // The server ends in its own way: it drains.
  if (name === 'serve') return command.run({ ...given, env, signal: new AbortController().signal });
  const stopped = interruption();
  try {
    const code = await command.run({ ...given, env, signal: stopped.signal });
    return stopped.signal.aborted ? stopped.code() : code;
  } catch (thrown) {
    // What fails because it was stopped has not failed.
    if (stopped.signal.aborted) return stopped.code();
    throw thrown;
  }
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [
    'undertone COMMAND [options]',
    '',
    'A monitor of expressed emotion in voices and faces that knows when it does not know.',
    '',
    ...aligned(commands),
    '',
    "'undertone COMMAND --help' says more; settings are environment variables, listed in README.md.",
    '',
  ].join('\n');
}

/** Turns the first Ctrl-C or SIGTERM into an abort, and the second into an end at once. */
function interruption(): { readonly signal: AbortSignal; code(): number } {
  const controller = new AbortController();
  let code: number = EXIT.SIGINT;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      code = EXIT[name];
      if (controller.signal.aborted) process.exit(code);
      controller.abort();
    });
  return { signal: controller.signal, code: () => code };
}

// A reader that has seen enough (`undertone watch lobby | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failure));

try {
  process.exitCode = await cli(process.argv.slice(2), process.env);
} catch (thrown) {
  const { code, message } = asUndertoneError(thrown);
  process.stderr.write(`undertone: ${message} (${code})\n`);
  process.exitCode = code === 'config-invalid' ? EXIT.usage : EXIT.failure;
}
