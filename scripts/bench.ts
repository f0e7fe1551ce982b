/**
 * The benchmarks of docs/performance.md:
 *
 *     npm run bench -- [--minutes 3] [--seconds 12] [--out docs/performance.json]
 *     npm run bench overload -- [--times 0.5,1,2,8] [--seconds 10] [--docs]
 *     npm run bench encoders -- [--help]
 *     npm run bench providers -- [--help]
 */
import { asUndertoneError } from '../src/errors.ts';
import { benchEncoders } from './bench/encoders.ts';
import { benchOverload } from './bench/overload.ts';
import { benchProviders } from './bench/providers.ts';

const [what, ...rest] = process.argv.slice(2);
if (what === 'encoders') await untilStopped((signal) => benchEncoders(rest, signal));
else if (what === 'providers') await untilStopped((signal) => benchProviders(rest, signal));
else if (what === 'overload') await untilStopped((signal) => benchOverload(rest, signal));
else await import('./bench/pipeline.ts');

/** The first Ctrl-C or SIGTERM lets the work clean up, the second ends it at once. */
async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      process.exitCode = code;
      controller.abort();
    });
  try {
    await work(controller.signal);
  } catch (thrown) {
    if (controller.signal.aborted) return;
    const { code, message } = asUndertoneError(thrown);
    process.stderr.write(`bench: ${message} (${code})\n`);
    process.exitCode = code === 'config-invalid' ? 2 : 1;
  }
}
