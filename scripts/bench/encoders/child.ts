/** Work in a process of its own, which tells how far it is. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { asUndertoneError, type ErrorCode, UndertoneError } from '../../../src/errors.ts';

type Report<Result> =
  | { readonly kind: 'turn' }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/**
 * Run a file that calls `answer`, with a task for it.
 * @param turned hears of each turn.
 * @throws UndertoneError what the work threw, or `inference-failed` where the process died of it; the signal's reason, when it has ended.
 */
export async function apart<Result>(
  file: URL,
  task: unknown,
  { turned, signal }: { readonly turned: () => void; readonly signal: AbortSignal },
): Promise<Result> {
  signal.throwIfAborted();
  const child = fork(fileURLToPath(file), [JSON.stringify(task)]);
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  let report: Report<Result> | undefined;
  child.on('message', (message) => {
    report = message as Report<Result>;
    if (report.kind === 'turn') turned();
  });
  // What it told last may come after its end.
  const [end] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  const [code, killedBy] = end as [number | null, string | null];
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (report?.kind === 'done') return report.result;
  if (report?.kind === 'failed') throw new UndertoneError(report.code, report.message);
  throw new UndertoneError(
    'inference-failed',
    `the process that measured ended by ${killedBy ?? `code ${code ?? 0}`}: is there memory enough? Fewer items a run ` +
      '(--batches) need less',
  );
}

/** Do the work that this process was started for by `apart`, and end with it. The task is what `apart` was given. */
export async function answer(work: (task: never, turn: () => void) => Promise<unknown>): Promise<void> {
  const tell = (report: Report<unknown>) =>
    process.send?.(report, () => report.kind !== 'turn' && process.connected && process.disconnect());
  process.once('disconnect', () => process.exit());
  // A terminal sends Ctrl-C to both: `apart` ends this process, and knows why.
  process.on('SIGINT', () => undefined);
  try {
    const result = await work(JSON.parse(process.argv[2] ?? '') as never, () => tell({ kind: 'turn' }));
    tell({ kind: 'done', result });
  } catch (thrown) {
    const { code, message } = asUndertoneError(thrown);
    tell({ kind: 'failed', code, message });
  }
}
