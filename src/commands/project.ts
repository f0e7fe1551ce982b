import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path of the project, wherever the command is run; an absolute path stays what it is. */
export function projectPath(path: string): string {
  return resolve(fileURLToPath(new URL('../..', import.meta.url)), path);
}
