/** `npm run bench providers`: parity of providers with the CPU, and their speed, network by network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Provider } from '../../models/runtime.ts';
import { importEncoder } from '../../models/toolkit/encoders/import-encoder.ts';
import { asUndertoneError } from '../../src/errors.ts';
import { markdownTable, writeBetween } from '../generated.ts';
import { compareApart } from './providers/apart.ts';
import { agree, type Comparison, NETWORKS, type Subject } from './providers/compare.ts';
import { HELP, type ProviderOptions, readProviderOptions } from './providers/options.ts';

/** Tiny encoders of the published architectures, with random weights. */
const TINY = {
  'wavlm-large-tiny': 'wavlm',
  'wavlm-base-tiny': 'wavlm',
  'wav2vec2-large-robust-tiny': 'wav2vec2',
  'mobilenetv2-tiny': 'mobilenetv2',
} as const;
const FIXTURES = fileURLToPath(new URL('../../test/fixtures/encoders', import.meta.url));
const PERCEPTION = fileURLToPath(new URL('../../models/perception', import.meta.url));

/** One network on one provider. */
export interface Row {
  readonly provider: Provider;
  readonly network: string;
  readonly precision: 'float32' | 'float16';
  /** Null where it did not run. */
  readonly comparison: Comparison | null;
  /** Why it did not run. */
  readonly failure?: string;
  readonly agrees: boolean;
}

/**
 * Compare what the arguments ask for, and print it; exit code 1 where something did not run or differs.
 * @throws UndertoneError `config-invalid` for arguments that make no sense; whatever importing throws; the signal's reason.
 */
export async function benchProviders(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readProviderOptions(args);
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'undertone-providers-'));
  const rows: Row[] = [];
  try {
    const subjects = await subjectsOf(options, scratch);
    for (const provider of options.providers)
      for (const subject of subjects) {
        const row = await rowOf(subject, provider, options, signal);
        if (!row) continue;
        rows.push(row);
        process.stderr.write(`${line(row)}\n`);
      }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const { json, docs, ...asked } = options;
  const machine = { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version };
  process.stdout.write(
    json
      ? `${JSON.stringify({ machine, date: new Date().toISOString(), options: asked, rows }, null, 2)}\n`
      : providersTable(rows),
  );
  if (docs) writeDocs(options, rows, machine.cpu);
  if (rows.some((row) => !row.agrees)) process.exitCode = 1;
}

/** Each provider's table, in its place. */
function writeDocs({ providers, rows: items, threads }: ProviderOptions, rows: readonly Row[], cpu: string): void {
  const driver = process.env['VK_DRIVER_FILES'];
  const vulkan = driver === undefined ? '' : `, Vulkan by ${basename(driver)}`;
  const where = `Beside ${cpu}${vulkan}; --rows ${items} --threads ${threads}; ${new Date().toISOString().slice(0, 10)}:`;
  for (const provider of providers)
    writeBetween(
      new URL('../../docs/performance.md', import.meta.url),
      `providers-${provider}`,
      `${where}\n\n${providersTable(rows.filter((row) => row.provider === provider))}`,
    );
}

async function subjectsOf({ pack, encoders }: ProviderOptions, scratch: string): Promise<Subject[]> {
  const dirs = [...encoders];
  for (const [name, kind] of Object.entries(TINY)) {
    const out = join(scratch, name);
    await importEncoder(kind, { from: join(FIXTURES, name), out, half: kind !== 'mobilenetv2' });
    dirs.push(out);
  }
  return [
    ...NETWORKS.map((name): Subject => ({ kind: 'network', name, pack, perception: PERCEPTION })),
    ...dirs.flatMap((dir) =>
      (['float32', 'float16'] as const).map((precision): Subject => ({
        kind: 'encoder',
        name: basename(dir),
        dir,
        precision,
      })),
    ),
  ];
}

/** @returns null where there is no such network. */
async function rowOf(
  subject: Subject,
  provider: Provider,
  { rows, seconds, threads, runs, timeoutMs }: ProviderOptions,
  signal: AbortSignal,
): Promise<Row | null> {
  const precision = subject.kind === 'encoder' ? subject.precision : 'float32';
  const row = { provider, network: subject.name, precision };
  try {
    const comparison = await compareApart({ subject, provider, rows, seconds, threads, runs }, { timeoutMs, signal });
    return comparison && { ...row, comparison, agrees: agree(comparison) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...row, comparison: null, failure: asUndertoneError(thrown).message, agrees: false };
  }
}

function line(row: Row): string {
  return `${row.provider}: ${row.network}, ${row.precision}: ${row.failure ?? cells(row).join(', ')}`;
}

/** The rows as a Markdown table. */
export function providersTable(rows: readonly Row[]): string {
  const head = [
    'provider',
    'network',
    'computes in',
    'largest difference',
    'of at most',
    'times the CPU',
    'nodes run by',
  ];
  return markdownTable([head, ...rows.map((row) => [row.provider, row.network, row.precision, ...cells(row)])]);
}

function cells({ comparison, failure, agrees }: Row): string[] {
  if (!comparison) return [failure ?? '', '', '', ''];
  const { difference, largest, ms, cpuMs, nodes } = comparison;
  return [
    `${difference.toPrecision(2)}${agrees ? '' : ': IT DIFFERS'}`,
    largest.toPrecision(3),
    (cpuMs / ms).toPrecision(2),
    Object.entries(nodes)
      .map(([who, count]) => `${who.replace('ExecutionProvider', '')} ${Math.round(count)}`)
      .join(', '),
  ];
}
