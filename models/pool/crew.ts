/** The worker threads, kept at their number: one that is lost is replaced, after a pause that grows while it happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Opening } from '../calls.ts';
import { startThread, type InferenceThread, type ThreadOptions } from './thread.ts';

/** How many threads there are, and what happens when one is lost. */
export interface CrewOptions {
  readonly workers: number;
  readonly thread: ThreadOptions;
  /** Pause before the first restart, ms; doubles with each further loss, up to 30 s. */
  readonly restartDelayMs: number;
  /** A thread was lost, or could not be opened again; another is started in `delayMs`. */
  readonly onLost: (error: unknown, delayMs: number) => void;
  /** A thread was lost or opened; `alive` are open. */
  readonly onChange: (alive: number) => void;
}

/** The threads as a whole. */
export interface Crew {
  /** Threads whose networks are open and warm. */
  readonly alive: number;
  /** Those of them that have nothing to do. */
  idle(): readonly InferenceThread[];
  /** Ask all to end; waits until they have, 5 s at most. */
  close(): Promise<void>;
}

const MAX_RESTART_DELAY_MS = 30_000;
/** A thread that lived this long owes nothing to the losses before it. */
const STEADY_MS = 60_000;
const CLOSE_MS = 5_000;

/**
 * Start the threads; resolves when all are open.
 * @throws UndertoneError why a thread could not open the networks, after closing the others.
 */
export async function startCrew(opening: Opening, options: CrewOptions): Promise<Crew> {
  const start = () => startThread(opening, options.thread);
  const threads = Array.from({ length: options.workers }, start);
  const open = new Set(threads);
  const closing = new AbortController();
  const isClosing = () => closing.signal.aborted;
  const close = async () => {
    closing.abort();
    for (const thread of threads) thread.close();
    await Promise.race([
      Promise.all(threads.map((thread) => thread.ended)),
      sleep(CLOSE_MS, undefined, { ref: false }),
    ]);
  };

  /** Why the thread is no more. */
  const lifeOf = async (thread: InferenceThread): Promise<unknown> => {
    try {
      await thread.opened;
      open.add(thread);
      options.onChange(open.size);
      return await thread.ended;
    } catch (error) {
      return error;
    } finally {
      open.delete(thread);
    }
  };

  const keep = async (slot: number, first: InferenceThread): Promise<void> => {
    for (let thread = first, losses = 0; ; thread = threads[slot] = start()) {
      const startedMs = performance.now();
      const error = await lifeOf(thread);
      if (isClosing()) return;
      losses = performance.now() - startedMs > STEADY_MS ? 1 : losses + 1;
      const delayMs = Math.min(MAX_RESTART_DELAY_MS, options.restartDelayMs * 2 ** (losses - 1));
      options.onLost(error, delayMs);
      options.onChange(open.size);
      await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (isClosing()) return;
    }
  };

  try {
    await Promise.all(threads.map((thread) => thread.opened));
  } catch (error) {
    await close();
    throw error;
  }
  threads.forEach((thread, slot) => void keep(slot, thread));
  return {
    get alive() {
      return open.size;
    },
    idle: () => [...open].filter((thread) => thread.idle),
    close,
  };
}
