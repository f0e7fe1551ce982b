/** Options that `evaluate` and `calibrate` have in common. */
import type { Provider } from '../../models/runtime.ts';
import { STIMULI, type Stimulus } from '../core/manifest-votes.ts';
import { UndertoneError } from '../errors.ts';
import type { Command, Invocation } from './command.ts';

/** As the help has them. */
export const SCORING_OPTIONS = {
  split: { value: 'NAME', help: 'only clips of this split, for example dev' },
  ids: { value: 'FILE', help: 'only the clips whose ids are in the file, one a line' },
  provider: { value: 'NAME', help: 'where networks run: cpu, cuda or webgpu (default: cpu)' },
  encoders: { value: 'DIR', help: 'folder that holds the encoders that the pack names (default: where it says)' },
  threads: { value: 'N', help: 'threads of a network on the CPU (default: 2)' },
} as const satisfies Command['options'];

/** The value of an option that must be given. @throws UndertoneError `config-invalid`. */
export function required(text: Invocation['text'], option: string, what: string): string {
  const value = text(option);
  if (value === undefined || value === '')
    throw new UndertoneError('config-invalid', `--${option} is missing: give ${what}`);
  return value;
}

/** One of a list; undefined where the option was not given. @throws UndertoneError `config-invalid`. */
export function oneOf<const T extends string>(
  text: Invocation['text'],
  option: string,
  known: readonly T[],
): T | undefined {
  const value = text(option);
  if (value === undefined) return undefined;
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UndertoneError('config-invalid', `--${option}: '${value}' is unknown: choose one of ${known.join(', ')}`);
}

/** A whole number of at least `least`. @throws UndertoneError `config-invalid`. */
export function wholeNumber(text: Invocation['text'], option: string, least: number): number | undefined {
  const value = text(option);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new UndertoneError('config-invalid', `--${option}: '${value}' is not a whole number of at least ${least}`);
}

/** What was given of `SCORING_OPTIONS`, `--modality` included. */
export interface ScoringGiven {
  readonly modality: Stimulus | undefined;
  readonly split: string | undefined;
  readonly ids: string | undefined;
  readonly running: { readonly provider?: Provider; readonly threads?: number; readonly encoders?: string };
}

/** Read them. @throws UndertoneError `config-invalid`. */
export function scoringGiven(text: Invocation['text']): ScoringGiven {
  const provider = oneOf(text, 'provider', ['cpu', 'cuda', 'webgpu']);
  const encoders = text('encoders');
  const threads = wholeNumber(text, 'threads', 1);
  return {
    modality: oneOf(text, 'modality', STIMULI),
    split: text('split'),
    ids: text('ids'),
    running: {
      ...(provider !== undefined && { provider }),
      ...(threads !== undefined && { threads }),
      ...(encoders !== undefined && { encoders }),
    },
  };
}

/** One line to the user, apart from the results. */
export function tellStderr(line: string): void {
  process.stderr.write(`undertone: ${line}\n`);
}
