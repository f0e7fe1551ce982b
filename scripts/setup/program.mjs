import { cacheDirOf, ROOT } from './context.mjs';
import { Interrupted, SetupError } from './failure.mjs';
import { createReport } from './report.mjs';

/** What a shell expects of a program that a signal ended. */
const EXIT_CODES = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });

/**
 * Runs a script of this folder: gives it what the steps need, ends what it started on Ctrl-C, and turns what it throws
 * into words and an exit code.
 * @param {(setup: import('./context.mjs').Setup) => Promise<number>} main  returns the exit code
 * @param {{ stream?: NodeJS.WriteStream }} [options]  Where progress goes. Default stderr, so that stdout stays the
 *   program's own.
 */
export async function program(main, { stream = process.stderr } = {}) {
  const interruption = new AbortController();
  /** @type {keyof typeof EXIT_CODES} */
  let by = 'SIGINT';
  /** @param {keyof typeof EXIT_CODES} signal */
  const interrupt = (signal) => {
    by = signal;
    interruption.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  const living = stream.isTTY && !isSet(process.env['CI']);
  const setup = {
    root: ROOT,
    cacheDir: cacheDirOf(process.env),
    // Tools that see CI print colours into logs; a reader of a log wants none.
    env: living || isSet(process.env['FORCE_COLOR']) ? process.env : { ...process.env, NO_COLOR: '1' },
    signal: interruption.signal,
    report: createReport({ stream, living }),
    isRoot: process.getuid?.() === 0,
  };
  try {
    if (process.platform === 'win32')
      throw new SetupError('Undertone runs on Linux and macOS.', 'On Windows, use WSL 2 with Debian or Ubuntu.');
    process.exitCode = await main(setup);
  } catch (error) {
    if (error instanceof Interrupted) {
      setup.report.note('Stopped. Nothing is left half-done; the next run goes on from here.');
      process.exitCode = EXIT_CODES[by];
    } else if (error instanceof SetupError) {
      setup.report.note(error.report);
      process.exitCode = 1;
    } else throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', interrupt);
  }
}

/** @param {string | undefined} value */
function isSet(value) {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
