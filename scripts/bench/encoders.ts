/** `npm run bench encoders`: full-size encoders with random weights, made, measured and removed. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { megabytes } from '../../src/commands/megabytes.ts';
import { counted, type Progress, progress } from '../../src/commands/progress.ts';
import { UndertoneError } from '../../src/errors.ts';
import { writeBetween } from '../generated.ts';
import { itemFlops, makeEncoder } from './encoders/make.ts';
import type { Measurement, Report, Task } from './encoders/measurement.ts';
import { batchesOf, type BenchOptions, HELP, readBenchOptions } from './encoders/options.ts';
import { benchTables, type Measured } from './encoders/report.ts';
import { SUBJECTS } from './encoders/subjects.ts';

/**
 * Measure what the arguments ask for, and print it.
 * @throws UndertoneError `config-invalid` for arguments that make no sense or a disk without room; whatever importing and running
 * throw; the signal's reason.
 */
export async function benchEncoders(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readBenchOptions(args, availableParallelism());
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  if (options.keep !== null) await mkdir(options.keep, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), 'undertone-bench-'));
  const measured: Measured[] = [];
  try {
    for (const name of options.subjects) measured.push(await benchEncoder(name, options, { scratch, signal }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: availableParallelism(),
    node: process.version,
    date: new Date().toISOString(),
  };
  const tables = benchTables(measured);
  process.stdout.write(options.json ? `${JSON.stringify({ machine, encoders: measured }, null, 2)}\n` : tables);
  if (!options.docs) return;
  const where = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date.slice(0, 10)}:`;
  writeBetween(new URL('../../docs/performance.md', import.meta.url), 'encoders', `${where}\n\n${tables}`);
}

async function benchEncoder(
  name: Measured['name'],
  options: BenchOptions,
  { scratch, signal }: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<Measured> {
  const dir = join(options.keep ?? scratch, name);
  const flops = await itemFlops(SUBJECTS[name], scratch);
  const bars = createBars(name);
  try {
    await makeEncoder(SUBJECTS[name], dir, { advance: bars.bytes, signal });
    const measurements: Measurement[] = [];
    const { provider, rounds } = options;
    for (const threads of options.threads) {
      const batches = batchesOf(name, options);
      const turned = bars.turns(`on ${threads} ${threads === 1 ? 'thread' : 'threads'}`, batches.length * rounds);
      measurements.push(await measureApart({ dir, provider, threads, batches, rounds, flops }, turned, signal));
    }
    return { name, measurements };
  } finally {
    bars.end();
    if (options.keep === null) await rm(dir, { recursive: true, force: true });
  }
}

/** Measure in a process of its own, which ends with this one or with the signal. */
async function measureApart(task: Task, turned: () => void, signal: AbortSignal): Promise<Measurement> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(new URL('./encoders/measure-process.ts', import.meta.url)), [JSON.stringify(task)]);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  let report: Report | undefined;
  child.on('message', (message) => {
    report = message as Report;
    if (report.kind === 'turn') turned();
  });
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (report?.kind === 'done') return report.measurement;
  if (report?.kind === 'failed') throw new UndertoneError(report.code, report.message);
  throw new UndertoneError(
    'inference-failed',
    `the process that measured ${task.dir} ended by ${killedBy ?? `code ${code ?? 0}`}: is there memory enough? ` +
      'Fewer items a run (--batches) need less',
  );
}

/** One bar after another on stderr. */
function createBars(name: string) {
  let shown: { readonly doing: string; readonly bar: Progress } | undefined;
  const at = (doing: string, total: number, tell: (done: number) => string): Progress => {
    if (shown?.doing === doing) return shown.bar;
    shown?.bar.end();
    const bar = progress({
      stream: process.stderr,
      doing: `${name} ${doing}`,
      total,
      tell,
      now: () => performance.now(),
    });
    shown = { doing, bar };
    return bar;
  };
  return {
    bytes: (doing: string, done: number, total: number) => {
      at(doing, total, (bytes) => `${megabytes(bytes)} of ${megabytes(total)}`).update(done);
    },
    turns: (doing: string, total: number) => {
      let done = 0;
      const bar = at(doing, total, (turns) => counted(total)(turns, 0));
      bar.update(done);
      return () => {
        bar.update((done += 1));
      };
    },
    end: () => shown?.bar.end(),
  };
}
