import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UndertoneError } from '../errors.ts';

/** A file that gets its name when it is whole; until then it is called `<name>.part`. */
export interface PartFile {
  readonly partPath: string;
  write(content: string | Uint8Array): Promise<void>;
  /** Give the file its name, in place of one that had it before. */
  finish(): Promise<void>;
  /** Leave what there is under `partPath`, and tell whether there is something. Does nothing after `finish`. */
  abandon(): Promise<boolean>;
}

/**
 * @param option what the path was given by, for example `--out`.
 * @throws UndertoneError `config-invalid` when the file cannot be written there, or when what is there is no file.
 */
export async function partFile(path: string, option: string): Promise<PartFile> {
  const there = await stat(path).catch(() => null);
  // Renaming over a device, such as /dev/null, would take its place.
  if (there !== null && !there.isFile())
    throw new UndertoneError('config-invalid', `'${path}' is not a file: choose another ${option}`);
  const partPath = `${path}.part`;
  const file = await open(partPath, 'w').catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `cannot write in '${dirname(path)}': choose another ${option}`, {
      cause,
    });
  });
  let unfinished = true;
  let written = 0;
  return {
    partPath,
    async write(content) {
      await file.appendFile(content).catch((cause: unknown) => {
        throw unwritable(partPath, option, cause);
      });
      written += content.length;
    },
    async finish() {
      await file.sync().catch((cause: unknown) => {
        throw unwritable(partPath, option, cause);
      });
      unfinished = false;
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

/**
 * Write a whole file at once, or leave what was there.
 * @throws UndertoneError as `partFile` does.
 */
export async function writeWhole(path: string, content: string | Uint8Array, option: string): Promise<void> {
  const file = await partFile(path, option);
  try {
    await file.write(content);
    await file.finish();
  } finally {
    await file.abandon();
  }
}

/** A disk that is full, most likely. */
function unwritable(path: string, option: string, cause: unknown): UndertoneError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UndertoneError(
    'config-invalid',
    `cannot write '${path}' (${why}): make room, or choose another ${option}`,
    {
      cause,
    },
  );
}
