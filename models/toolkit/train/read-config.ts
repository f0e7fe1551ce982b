/** Configurations of any kind from their files. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UndertoneError } from '../../../src/errors.ts';

/**
 * Read a configuration.
 * @param page that documents its fields, for whoever has to correct it.
 * @throws UndertoneError `config-invalid` with every problem on a line: file, key, remedy.
 * @example const config = await readConfig('mine.json', uncertaintyConfig, 'docs/uncertainty.md');
 */
export async function readConfig<T>(file: string, schema: z.ZodType<T>, page: string): Promise<T> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give the path of a configuration`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UndertoneError('config-invalid', `${file} is not JSON (${String(cause)}): correct it there`, { cause });
  }
  const found = schema.safeParse(json);
  if (found.success) return found.data;
  const problems = found.error.issues.map(({ path, message }) => `${file}, '${path.join('.')}': ${message}`);
  throw new UndertoneError('config-invalid', `${problems.join('\n')}\ncorrect it there (${page})`);
}
