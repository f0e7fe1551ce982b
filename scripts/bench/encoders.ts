/** `npm run bench encoders`: full-size encoders with random weights, made, measured and removed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { megabytes } from '../../src/commands/megabytes.ts';
import { counted, type Progress, progress } from '../../src/commands/progress.ts';
import { writeBetween } from '../generated.ts';
import { apart } from './encoders/child.ts';
import { itemFlops, makeEncoder } from './encoders/make.ts';
import type { Measurement, Task } from './encoders/measurement.ts';
import { batchesOf, type BenchOptions, HELP, readBenchOptions } from './encoders/options.ts';
import { writeBenchPack } from './encoders/pack.ts';
import { benchTables, type Measured } from './encoders/report.ts';
import type { Served, ServeTask } from './encoders/serve.ts';
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
  const [loadBefore = 0] = loadavg();
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
    /** Processes that wanted a core before anything was measured. */
    loadBefore,
  };
  const tables = benchTables(measured);
  process.stdout.write(options.json ? `${JSON.stringify({ machine, encoders: measured }, null, 2)}\n` : tables);
  if (!options.docs) return;
  const where = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date.slice(0, 10)}; load before, ${loadBefore.toFixed(1)}:`;
  writeBetween(new URL('../../docs/performance.md', import.meta.url), 'encoders', `${where}\n\n${tables}`);
}

/** Where encoders are made, and when that ends. */
interface Place {
  readonly scratch: string;
  readonly signal: AbortSignal;
}

async function benchEncoder(name: Measured['name'], options: BenchOptions, place: Place): Promise<Measured> {
  const { scratch, signal } = place;
  const { provider, half, rounds, participants, keep } = options;
  const dir = folderOf(name, options, place);
  const flops = await itemFlops(SUBJECTS[name], scratch);
  const bars = createBars(name);
  try {
    await makeEncoder(SUBJECTS[name], dir, { advance: bars.bytes, signal, half });
    const measurements: Measurement[] = [];
    for (const threads of options.threads) {
      const batches = batchesOf(name, options);
      const turned = bars.turns(`on ${threads} ${threads === 1 ? 'thread' : 'threads'}`, batches.length * rounds);
      const task: Task = { dir, provider, threads, batches, rounds, flops };
      const file = new URL('./encoders/measure-process.ts', import.meta.url);
      measurements.push(await apart<Measurement>(file, task, { turned, signal }));
    }
    if (SUBJECTS[name].kind === 'mobilenetv2' || participants.length === 0) return { name, measurements, served: null };
    bars.end();
    return { name, measurements, served: await benchServing(name, options, place) };
  } finally {
    bars.end();
    if (keep === null) await rm(dir, { recursive: true, force: true });
  }
}

function folderOf(name: Measured['name'], { keep, half }: BenchOptions, { scratch }: Place): string {
  return join(keep ?? scratch, half ? `${name}-half` : name);
}

const SERVED_SECONDS = 6;

/** A voice encoder beside MobileNetV2, in a pack. */
async function benchServing(name: Measured['name'], options: BenchOptions, place: Place): Promise<Served> {
  const { provider, half, threads, participants } = options;
  const { scratch, signal } = place;
  const bars = createBars(name);
  const [voice, face] = [folderOf(name, options, place), folderOf('mobilenetv2', options, place)];
  const packDir = join(scratch, `${name}.pack`);
  try {
    await makeEncoder(SUBJECTS.mobilenetv2, face, { advance: bars.bytes, signal, half });
    await writeBenchPack(packDir, { voice, face });
    const turned = bars.turns('serving', participants.length);
    const task: ServeTask = { packDir, provider, threads: Math.max(...threads), participants, seconds: SERVED_SECONDS };
    const file = new URL('./encoders/serve-process.ts', import.meta.url);
    return await apart<Served>(file, task, { turned, signal });
  } finally {
    bars.end();
    await rm(packDir, { recursive: true, force: true });
  }
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
