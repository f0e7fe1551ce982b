/** Comparisons of providers in processes of their own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { UndertoneError } from '../../../src/errors.ts';
import type { Comparison, Task } from './compare.ts';

const PROCESS = fileURLToPath(new URL('./compare-process.ts', import.meta.url));

/** How it is waited for. */
export interface Waiting {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * As `compare`, where a driver may crash or hang.
 * @throws UndertoneError `inference-failed` with what happened; the signal's reason.
 */
export async function compareApart(task: Task, { timeoutMs, signal }: Waiting): Promise<Comparison | null> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, JSON.stringify(task)], {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    });
    return JSON.parse(stdout, (_, value: unknown) => (value === 'NaN' ? NaN : value)) as Comparison | null;
  } catch (cause) {
    signal?.throwIfAborted();
    const { killed, signal: by, stdout } = cause as { killed?: boolean; signal?: string | null; stdout?: string };
    if (killed === true) throw failed(`it gave no answer in ${timeoutMs / 1000} s`, cause);
    if (typeof by === 'string') throw failed(`its process died of ${by}`, cause);
    throw failed(stdout ? stdout.trim() : (String(cause).split('\n')[0] ?? ''), cause);
  }
}

function failed(message: string, cause: unknown): UndertoneError {
  return new UndertoneError('inference-failed', message, { cause });
}
