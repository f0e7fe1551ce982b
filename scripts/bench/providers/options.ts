/** What `npm run bench providers` is asked for. Pure. */
import { parseArgs } from 'node:util';
import type { Provider } from '../../../models/runtime.ts';
import { asUndertoneError, UndertoneError } from '../../../src/errors.ts';

/** What is compared. */
export interface ProviderOptions {
  readonly providers: readonly Provider[];
  readonly pack: string;
  /** Folders of encoders besides the tiny ones. */
  readonly encoders: readonly string[];
  readonly rows: number;
  readonly seconds: number;
  readonly threads: number;
  readonly runs: number;
  readonly timeoutMs: number;
  /** Print one JSON object instead of a table. */
  readonly json: boolean;
  /** Write the table into docs/performance.md. */
  readonly docs: boolean;
}

/** What `--help` prints. */
export const HELP = `npm run bench providers -- [options]

Runs each network of a pack, the perception networks and encoders on the CPU and on other providers, with the same numbers:
the largest difference, who really ran the nodes, and how many times as fast. Tiny encoders are always among them; full-size
ones by --encoders (npm run bench encoders -- --keep DIR makes them; undertone import --half, with float16).

  --providers P,Q  cpu, webgpu, cuda (default: webgpu,cuda)
  --pack DIR       (default: models/packs/default)
  --encoders A,B   folders of imported encoders
  --rows N         items of a run (default: 4)
  --seconds N      of the clips of voice encoders (default: 3)
  --threads N      of the CPU (default: 1)
  --runs N         timed runs after the first (default: 5)
  --timeout N      s for each network, the making of kernels too (default: 600)
  --json           print one JSON object
  --docs           write the table into docs/performance.md
`;

const PROVIDERS: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];
const PACK = 'models/packs/default';

/**
 * Read the arguments.
 * @returns null where help was asked for.
 * @throws UndertoneError `config-invalid` that names the argument.
 */
export function readProviderOptions(args: readonly string[]): ProviderOptions | null {
  const values = parsed(args);
  if (values.help) return null;
  return {
    providers: (values.providers ?? 'webgpu,cuda').split(',').map(provider),
    pack: values.pack ?? PACK,
    encoders: values.encoders?.split(',').filter((dir) => dir !== '') ?? [],
    rows: count('rows', values.rows ?? '4', 1024),
    seconds: count('seconds', values.seconds ?? '3', 600),
    threads: count('threads', values.threads ?? '1', 256),
    runs: count('runs', values.runs ?? '5', 1000),
    timeoutMs: 1000 * count('timeout', values.timeout ?? '600', 86_400),
    json: values.json === true,
    docs: values.docs === true,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{
      providers: text,
      pack: text,
      encoders: text,
      rows: text,
      seconds: text,
      threads: text,
      runs: text,
      timeout: text,
    },
    ...{ json: flag, docs: flag, help: { ...flag, short: 'h' } },
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    const what = asUndertoneError(cause).message.split('. ')[0] ?? '';
    throw new UndertoneError('config-invalid', `${what}: see 'npm run bench providers -- --help'`, { cause });
  }
}

function provider(name: string): Provider {
  const found = PROVIDERS.find((known) => known === name);
  if (found) return found;
  throw new UndertoneError('config-invalid', `--providers: '${name}' is none of ${PROVIDERS.join(', ')}`);
}

function count(option: string, given: string, most: number): number {
  if (/^[1-9][0-9]{0,5}$/.test(given) && Number(given) <= most) return Number(given);
  throw new UndertoneError('config-invalid', `--${option}: '${given}' is no whole number from 1 to ${most}`);
}
