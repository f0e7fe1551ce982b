/**
 * One file, fetched into the cache: what breaks off goes on where it was, what changed meanwhile starts anew, and what is not
 * what it should be does not get its name.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileSha256 } from '../../../models/file-sha256.ts';
import { asUndertoneError, UndertoneError } from '../../errors.ts';
import { shownAddress } from './address.ts';
import { attempt, type AttemptOptions, type Outcome } from './attempt.ts';
import { partPath, writeRecord } from './record.ts';

/** What is fetched, and how. */
export interface DownloadOptions extends AttemptOptions {
  /** What the file must hash to. Default: what the server says, where it says something. */
  readonly sha256?: string | undefined;
  /** Hears what the user should know, a sentence each. */
  readonly tell: (line: string) => void;
  /** First wait before another attempt, ms; doubles with each that brings nothing new. Default 1000. */
  readonly pauseMs?: number;
}

/** A file that is there. */
export interface Downloaded {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Who said beforehand what it hashes to. */
  readonly vouched: 'user' | 'server' | null;
}

/** Attempts in a row that bring nothing new. */
const MOST_ATTEMPTS = 5;
/** A server that wants to be left alone for longer is left alone, ms. */
const MOST_WAIT_MS = 120_000;
/** What does not pass: no such host, a certificate that is not to be trusted, a proxy that refuses. */
const LASTING = /^ENOTFOUND$|CERT|SELF_SIGNED|UNABLE_TO_|PROXY/;

/**
 * Fetch `url` to `path`, in a folder that is there.
 * @returns null where there is no such file (404, 410); one that was there is taken away.
 * @throws UndertoneError `download-failed` that names the address and what became of it; `encoder-invalid` as `judge` does; `disk-full`
 * before anything is fetched where the length is known. The signal's reason when it aborts: what was fetched stays.
 * @example await download(new URL('https://host/model.safetensors'), 'cache/model.safetensors', { env, signal, tell });
 */
export async function download(url: URL, path: string, options: DownloadOptions): Promise<Downloaded | null> {
  const { tell, onBytes, pauseMs = 1000, signal } = options;
  let failures = 0;
  let farthest = 0;
  const onward = (have: number, total: number | null): void => {
    if (have > farthest) failures = 0;
    farthest = Math.max(farthest, have);
    onBytes?.(have, total);
  };
  for (;;) {
    const outcome = await attempt(url, path, { ...options, onBytes: onward }).catch(async (thrown: unknown) => {
      signal.throwIfAborted();
      return passing(thrown, url, path);
    });
    if (outcome.kind === 'absent') {
      await rm(path, { force: true });
      return null;
    }
    if (outcome.kind !== 'again') {
      const accepted = await accept(url, path, outcome, options);
      if (accepted) return accepted;
      tell(`${basename(path)} was damaged where it was kept: fetching it again`);
      continue;
    }
    const { why, waitMs } = outcome;
    if (waitMs > MOST_WAIT_MS)
      throw failed(
        `${shownAddress(url)}: ${why}, and asks for ${Math.ceil(waitMs / 1000)} s: run the same command then`,
      );
    if (++failures >= MOST_ATTEMPTS)
      throw failed(
        `${shownAddress(url)}: ${why}, ${MOST_ATTEMPTS} times in a row: what came is kept, so the same command goes on later`,
      );
    tell(`${basename(path)}: ${why}; trying again`);
    await sleep(Math.max(waitMs, pauseMs * 2 ** (failures - 1)), undefined, { signal });
  }
}

/** What broke on the way may go well the next time. @throws what will not. */
async function passing(thrown: unknown, url: URL, path: string): Promise<Outcome> {
  if (thrown instanceof UndertoneError) throw await refusal(thrown, url, partPath(path));
  const { message } = asUndertoneError(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (LASTING.test(code))
    throw failed(
      `${shownAddress(url)} cannot be reached (${message}): look at the address and the proxy's settings`,
      thrown,
    );
  return { kind: 'again', why: message, waitMs: 0 };
}

/** What was judged to be no file of weights is wrong from its first bytes on: nothing of it is kept. */
async function refusal(thrown: unknown, url: URL, file: string): Promise<unknown> {
  if (!(thrown instanceof UndertoneError) || thrown.code !== 'encoder-invalid') return thrown;
  await rm(file, { force: true });
  return new UndertoneError('encoder-invalid', `${shownAddress(url)} sent no weights: ${thrown.message}`, {
    cause: thrown,
  });
}

type Arrived = Extract<Outcome, { kind: 'fetched' | 'kept' }>;

/**
 * Give the file its name once it is what it should be.
 * @returns null where the disk has damaged a file that was kept: it is gone.
 */
async function accept(url: URL, path: string, arrived: Arrived, options: DownloadOptions): Promise<Downloaded | null> {
  const { sha256, judge } = options;
  const kept = arrived.kind === 'kept';
  const at = kept ? path : partPath(path);
  const { size } = await stat(at);
  const actual = await fileSha256(at);
  if (kept && actual !== arrived.record.sha256) {
    await rm(at, { force: true });
    return null;
  }
  try {
    await judge?.(at, size, size);
  } catch (thrown) {
    throw await refusal(thrown, url, at);
  }
  const told = kept ? null : arrived.told;
  const wanted = sha256 ?? told ?? actual;
  if (wanted !== actual) {
    await rm(at, { force: true });
    const [whose, remedy] =
      sha256 === undefined
        ? ['its server says', 'give --sha256 with the hash that its publisher names']
        : ['--sha256 is', 'correct --sha256'];
    throw failed(
      `${shownAddress(url)} hashes to ${actual}, where ${whose} ${wanted}: it is damaged or another file, and was ` +
        `thrown away; run the same command again, or ${remedy}`,
    );
  }
  if (!kept) {
    await rename(at, path);
    await writeRecord(path, { ...arrived.record, bytes: size, sha256: actual });
  }
  return {
    path,
    sha256: actual,
    bytes: size,
    vouched: sha256 !== undefined ? 'user' : told !== null ? 'server' : null,
  };
}

function failed(message: string, cause?: unknown): UndertoneError {
  return new UndertoneError('download-failed', message, { cause });
}
