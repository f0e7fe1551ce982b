import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UndertoneError } from '../errors.ts';

/** A file that gets its name when it is whole; until then it is called `<name>.part`. */
export interface PartFile {
  readonly partPath: string;
  write(text: string): Promise<void>;
  /** Give the file its name, in place of one that had it before. */
  finish(): Promise<void>;
  /** Leave what there is under `partPath`, and tell whether there is something. Does nothing after `finish`. */
  abandon(): Promise<boolean>;
}

/** @throws UndertoneError `config-invalid` when the file cannot be written there. */
export async function partFile(path: string): Promise<PartFile> {
  const partPath = `${path}.part`;
  const file = await open(partPath, 'w').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `cannot write in '${dirname(path)}': choose another --out`, { cause });
  });
  let unfinished = true;
  let written = 0;
  return {
    partPath,
    async write(text) {
      await file.appendFile(text);
      written += text.length;
    },
    async finish() {
      unfinished = false;
      await file.sync();
      await file.close();
      await rename(partPath, path);
    },
    async abandon() {
      if (!unfinished) return false;
      unfinished = false;
      await file.close();
      if (written === 0) await rm(partPath, { force: true });
      return written > 0;
    },
  };
}
