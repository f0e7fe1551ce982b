import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig, readSettings } from '../config.ts';
import { UndertoneError } from '../errors.ts';
import { projectPath } from './project.ts';

/**
 * The secret that the server with these settings signs with: `UNDERTONE_SECRET`, or the one that a server on this machine
 * made and kept, in this folder or in the project's. Makes none.
 * @throws UndertoneError `config-invalid` when there is none.
 */
export function serverSecret(env: Readonly<Record<string, string | undefined>>): string {
  const { UNDERTONE_SECRET, UNDERTONE_DATA_DIR } = readSettings(env);
  if (UNDERTONE_SECRET !== undefined) return UNDERTONE_SECRET;
  const dataDir = [resolve(UNDERTONE_DATA_DIR), projectPath(UNDERTONE_DATA_DIR)].find((dir) =>
    existsSync(join(dir, 'loopback-secret')),
  );
  if (dataDir === undefined)
    throw new UndertoneError(
      'config-invalid',
      `no server has left a secret in ${UNDERTONE_DATA_DIR}: start one with 'npm start', or set UNDERTONE_SECRET to its secret`,
    );
  return readConfig({ ...env, UNDERTONE_DATA_DIR: dataDir }).UNDERTONE_SECRET;
}
