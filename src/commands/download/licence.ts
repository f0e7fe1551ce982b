/** The licence of what is fetched: found beside it, shown, and agreed to before the weights are fetched. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { readLicence } from '../../../models/toolkit/encoders/licence.ts';
import { UndertoneError } from '../../errors.ts';

/** Names under which a licence's text may stand beside weights. */
export const LICENCE_FILES = ['LICENSE', 'LICENSE.txt', 'LICENSE.md'] as const;
const MOST_CHARACTERS = 100;

/** A licence that was found, or given. */
export interface FoundLicence {
  /** What it is called; null where nobody said. */
  readonly name: string | null;
  /** Who says so, for people. */
  readonly said: string;
}

/**
 * The licence of the files in `dir`.
 * @param given by the user; stands before what the files say.
 */
export async function findLicence(dir: string, given: string | undefined): Promise<FoundLicence> {
  if (given !== undefined) return { name: given, said: 'as --licence says' };
  const named = await readLicence(dir);
  if (named !== null) return { name: named, said: 'as README.md beside the weights says' };
  for (const file of LICENCE_FILES) {
    const text = await readFile(join(dir, file), 'utf8').catch(() => '');
    const [title] = text
      .split('\n')
      .map((line) => line.replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').replace(/^[\s#]+|\s+$/g, ''))
      .filter((line) => line !== '');
    if (title !== undefined)
      return { name: title.slice(0, MOST_CHARACTERS), said: `as ${file} beside the weights begins` };
  }
  return { name: null, said: 'nothing beside the weights names one: find out before you use them' };
}

/** Asks a person; resolves to whether they agree. */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean>;

/** Asks on the terminal; null where there is none. */
export function terminalAsk(): Ask | null {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  return async (question, signal) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
    } finally {
      terminal.close();
    }
  };
}

/**
 * Have the licence agreed to.
 * @throws UndertoneError `config-invalid` where it is not, or nobody can be asked.
 */
export async function agreeTo(accepted: boolean, ask: Ask | null, signal: AbortSignal): Promise<void> {
  if (accepted) return;
  if (ask === null)
    throw new UndertoneError(
      'config-invalid',
      'the licence must be agreed to before the weights are fetched: read it, and give --accept-licence',
    );
  if (!(await ask('Fetch and use these weights under that licence?', signal)))
    throw new UndertoneError('config-invalid', 'the licence was not agreed to: no weights were fetched');
}
