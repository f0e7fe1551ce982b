/**
 * One worker thread: opened once, given a batch at a time, closed or lost. A thread is never terminated from outside:
 * ending one inside ONNX Runtime aborts the whole process (docs/decisions/0020). It is asked to close, and one that
 * does not answer is left behind.
 */
import { Worker } from 'node:worker_threads';
import { UndertoneError } from '../../src/errors.ts';
import type { Answer, Batch, FromWorker, Opening, ToWorker } from '../calls.ts';

/** Limits of a thread, and the script it runs. */
export interface ThreadOptions {
  /** The script that the thread runs. Default `models/worker.ts`. */
  readonly workerUrl?: URL;
  /** How long a batch may take, ms; then the thread counts as lost. Default 30 000. */
  readonly batchTimeoutMs?: number;
  /** How long opening and warming may take, ms. Default 120 000. */
  readonly openTimeoutMs?: number;
}

/** A thread from its start to its end. */
export interface InferenceThread {
  /** The networks are open and warm. Rejects with why they are not. */
  readonly opened: Promise<null>;
  /** The thread has ended; with why it was lost, or null when it was asked to close. */
  readonly ended: Promise<UndertoneError | null>;
  /** False from the start of `run` to its answer, and once the thread is lost. */
  readonly idle: boolean;
  /**
   * Answers of one batch, in order, and how long the thread worked on them. One batch at a time.
   * @throws UndertoneError `worker-crashed` when the thread is lost meanwhile; `inference-failed` when the batch cannot
   * be sent.
   */
  run(batch: Batch, transfer: readonly ArrayBuffer[]): Promise<BatchAnswers>;
  /** Ask the thread to close its networks and end, after the batch it is at. */
  close(): void;
}

/** What a thread says of a batch. */
export interface BatchAnswers {
  readonly answers: readonly Answer<unknown>[];
  readonly seconds: number;
}

const WORKER_URL = new URL('../worker.ts', import.meta.url);

/** Start a thread and open the networks in it. */
export function startThread(
  opening: Opening,
  { workerUrl = WORKER_URL, batchTimeoutMs = 30_000, openTimeoutMs = 120_000 }: ThreadOptions = {},
): InferenceThread {
  const worker = new Worker(workerUrl);
  const post = (message: ToWorker, transfer: readonly ArrayBuffer[] = []) => worker.postMessage(message, [...transfer]);
  const opened = Promise.withResolvers<null>();
  const ended = Promise.withResolvers<UndertoneError | null>();
  let pending: PromiseWithResolvers<BatchAnswers> | null = null;
  let closing = false;
  let lost: UndertoneError | null = null;

  const lose = (why: string, cause?: unknown) => {
    clearTimeout(watchdog);
    lost = new UndertoneError('worker-crashed', `an inference worker was lost: ${why}`, { cause });
    worker.removeAllListeners();
    // Nobody listens any more, but an error event without a listener would be thrown.
    worker.on('error', () => undefined);
    worker.unref();
    opened.reject(lost);
    pending?.reject(lost);
    ended.resolve(closing ? null : lost);
  };
  const close = () => {
    closing = true;
    post({ type: 'close' });
  };
  const within = (limitMs: number, what: string) =>
    setTimeout(() => {
      post({ type: 'close' });
      lose(`${what} took more than ${limitMs} ms`);
    }, limitMs);
  let watchdog = within(openTimeoutMs, 'opening the networks');

  worker.on('message', (message: FromWorker) => {
    clearTimeout(watchdog);
    switch (message.type) {
      case 'opened':
        opened.resolve(null);
        break;
      case 'failed':
        opened.reject(new UndertoneError(message.code, message.message));
        close();
        break;
      case 'answers':
        pending?.resolve(message);
        pending = null;
    }
  });
  worker.on('error', (error) => lose(String(error), error));
  worker.on('exit', (code) => lose(`it exited with code ${code}`));
  // Whoever waits for `opened` hears of a failure; when nobody does, it is not an unhandled rejection.
  opened.promise.catch(() => undefined);
  post({ type: 'open', ...opening });

  return {
    opened: opened.promise,
    ended: ended.promise,
    get idle() {
      return pending === null && lost === null;
    },
    run(batch, transfer) {
      if (lost) return Promise.reject(lost);
      const answers = Promise.withResolvers<BatchAnswers>();
      try {
        post({ type: 'batch', batch }, transfer);
      } catch (cause) {
        return Promise.reject(
          new UndertoneError('inference-failed', `a batch cannot be sent: ${String(cause)}`, { cause }),
        );
      }
      pending = answers;
      watchdog = within(batchTimeoutMs, `a batch of ${batch.kind} calls`);
      return answers.promise;
    },
    close,
  };
}
