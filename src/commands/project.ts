import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path of the project, wherever the command is run; an absolute path stays what it is. */
export function projectPath(path: string): string {
  return resolve(fileURLToPath(new URL('../..', import.meta.url)), path);
}

/** The folder that is meant by a relative path: the one here, else the project's. */
export function hereOrInProject(path: string): string {
  return existsSync(path) ? resolve(path) : projectPath(path);
}
