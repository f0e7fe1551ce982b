/** What `npm run bench encoders` is asked for. Pure. */
import { parseArgs } from 'node:util';
import type { Provider } from '../../../models/runtime.ts';
import { asUndertoneError, UndertoneError } from '../../../src/errors.ts';
import { type Subject, type SubjectName, SUBJECTS } from './subjects.ts';

/** What is measured, and what becomes of it. */
export interface BenchOptions {
  readonly subjects: readonly SubjectName[];
  readonly threads: readonly number[];
  /** Items a run. Default: those of each encoder. */
  readonly batches: readonly number[] | null;
  readonly provider: Provider;
  /** Import with float16, which is computed in on a GPU. */
  readonly half: boolean;
  readonly rounds: number;
  /** Numbers of participants that are tried on each voice encoder; none: nothing is served. */
  readonly participants: readonly number[];
  /** Folder that encoders are taken from and left in; null: they are made anew, and removed. */
  readonly keep: string | null;
  /** Print one JSON object instead of tables. */
  readonly json: boolean;
  /** Write the tables into docs/performance.md. */
  readonly docs: boolean;
}

/** What `--help` prints. */
export const HELP = `npm run bench encoders -- [options]

Full-size encoders with random weights: time, items a second, memory, and the share of the rate at which ONNX Runtime
multiplies matrices on this machine. They are made in a temporary folder (2.6 GB at most, one at a time) and removed.

  --encoders A,B   ${Object.keys(SUBJECTS).join(', ')} (default: all)
  --threads N,M    threads of a run (default: 1 and 2, as far as there are cores)
  --batches N,M    items of a run (default: those of each encoder)
  --provider P     cpu, cuda or webgpu (default: cpu)
  --half           import with float16, and compute in it on a GPU
  --rounds N       turns between products and network (default: 5)
  --participants N,M  served by a pack over a voice encoder and MobileNetV2, until some are not held (default: 1,2,3,4,6,8,12;
                   on a GPU up to 256)
  --quick          one item a run, 3 rounds, nothing served
  --keep DIR       take encoders from there, and leave them there
  --json           print one JSON object
  --docs           write the tables into docs/performance.md
`;

const FEW = [1, 2, 3, 4, 6, 8, 12] as const;
const MANY = [1, 4, 8, 16, 32, 64, 96, 128, 192, 256] as const;

const PROVIDERS: readonly Provider[] = ['cpu', 'cuda', 'webgpu'];

/**
 * Read the arguments.
 * @param cores of this machine.
 * @returns null where help was asked for.
 * @throws UndertoneError `config-invalid` that names the argument.
 */
export function readBenchOptions(args: readonly string[], cores: number): BenchOptions | null {
  const values = parsed(args);
  if (values.help) return null;
  const provider = PROVIDERS.find((known) => known === (values.provider ?? 'cpu'));
  if (!provider) throw refusal('provider', values.provider, `is none of ${PROVIDERS.join(', ')}`);
  const quick = values.quick === true;
  return {
    subjects: values.encoders === undefined ? names() : values.encoders.split(',').map(subject),
    threads: counts('threads', values.threads, 64) ?? (provider === 'cpu' && cores > 1 ? [1, 2] : [1]),
    batches: counts('batches', values.batches, 1024) ?? (quick ? [1] : null),
    provider,
    half: values.half === true,
    rounds: counts('rounds', values.rounds, 1000)?.[0] ?? (quick ? 3 : 5),
    participants: counts('participants', values.participants, 4096) ?? (quick ? [] : provider === 'cpu' ? FEW : MANY),
    keep: values.keep ?? null,
    json: values.json === true,
    docs: values.docs === true,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ encoders: text, threads: text, batches: text, provider: text, rounds: text, participants: text, keep: text },
    ...{ half: flag, quick: flag, json: flag, docs: flag, help: { ...flag, short: 'h' } },
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    const what = asUndertoneError(cause).message.split('. ')[0] ?? '';
    throw new UndertoneError('config-invalid', `${what}: see 'npm run bench encoders -- --help'`, { cause });
  }
}

/** The encoders, in the order in which they are measured. */
function names(): SubjectName[] {
  return Object.keys(SUBJECTS).filter(isSubject);
}

function subject(name: string): SubjectName {
  if (isSubject(name)) return name;
  throw refusal('encoders', name, `is none of ${names().join(', ')}`);
}

function isSubject(name: string): name is SubjectName {
  return Object.hasOwn(SUBJECTS, name);
}

function counts(option: string, given: string | undefined, most: number): number[] | null {
  if (given === undefined) return null;
  return given.split(',').map((count) => {
    if (/^[1-9][0-9]{0,3}$/.test(count) && Number(count) <= most) return Number(count);
    throw refusal(option, count, `is no whole number from 1 to ${most}`);
  });
}

function refusal(option: string, given: string | undefined, why: string): UndertoneError {
  return new UndertoneError('config-invalid', `--${option}: '${given ?? ''}' ${why}`);
}

/** Items of the runs of an encoder. */
export function batchesOf(name: SubjectName, { batches }: Pick<BenchOptions, 'batches'>): readonly number[] {
  const subject: Subject = SUBJECTS[name];
  return batches ?? subject.batches;
}
