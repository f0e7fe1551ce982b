/** Withdrawals that are still to be carried out, as a file: whoever asked need not ask again because a server was killed. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../errors.ts';
import { apiRole } from '../protocol/api.ts';

const owed = z.object({
  ref: z.object({ room: z.string(), participant: z.string() }),
  atMs: z.number(),
  actor: z.object({ role: z.enum([...apiRole.options, 'server']), subject: z.string() }),
});

/** One that was asked for and is not done. It holds ids, no names. */
export type OwedWithdrawal = z.infer<typeof owed>;

/** Where they are kept. */
export interface OwedWithdrawals {
  /** @throws UndertoneError `store-invalid` where the file is damaged: nobody may guess whose data is to go. */
  read(): readonly OwedWithdrawal[];
  /** Replace all; on the disk when it returns. @throws what the disk says. */
  write(all: readonly OwedWithdrawal[]): void;
}

/** Nothing is kept: for tests, and where there is no folder. */
export const NOT_KEPT: OwedWithdrawals = { read: () => [], write: () => undefined };

/** @example const owed = owedWithdrawals('.undertone/withdrawals.json'); */
export function owedWithdrawals(file: string): OwedWithdrawals {
  return {
    read() {
      const text = readIfThere(file);
      if (text === null) return [];
      try {
        return z.array(owed).parse(JSON.parse(text));
      } catch (cause) {
        throw new UndertoneError(
          'store-invalid',
          `'${file}' holds withdrawals that are still to be carried out, and cannot be read: mend it, or withdraw for ` +
            'everyone it names and delete it',
          { cause },
        );
      }
    },
    write(all) {
      if (all.length === 0) {
        rmSync(file, { force: true });
        return;
      }
      const part = `${file}.part`;
      mkdirSync(dirname(file), { recursive: true });
      const handle = openSync(part, 'w', 0o600);
      try {
        writeSync(handle, JSON.stringify(all));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(part, file);
    },
  };
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
