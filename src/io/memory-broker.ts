import type { RejectReason, VerdictEvent, Window } from '../domain.ts';
import type { Broker, Meter } from '../ports.ts';

/** Bound of the queue, and who hears of what fell out of it. */
export interface MemoryBrokerOptions {
  /** Windows that may wait, 1 or more. */
  readonly capacity: number;
  /**
   * A window that nobody will pull: the queue was full and it was the oldest, or the broker was closed. Called before
   * `publishWindow` or `close` returns; must not throw.
   */
  readonly onDiscard: (window: Window, reason: Extract<RejectReason, 'overload'>) => void;
  readonly meter: Meter;
  /** What a verdict listener has thrown; the other listeners heard the verdict all the same. Default: uncaught. */
  readonly onError?: (error: unknown) => void;
}

interface Puller {
  readonly max: number;
  readonly give: (windows: readonly Window[]) => void;
}

/**
 * The broker of a single machine: windows wait in this process's memory, at most `capacity` of them, and go to pullers
 * first in, first out; pullers are served in the order in which they came. Windows published in one turn of the event
 * loop go out together, as far as a puller's `max` allows, so that they can be inferred as one batch. What is
 * discarded is counted as `undertone_discarded_total{queue="windows"}`.
 *
 * @example
 * const broker = memoryBroker({ capacity: 64, onDiscard: (window, reason) => reject(window, reason), meter });
 * broker.publishWindow(window);
 * const batch = await broker.pullWindows(8, stopping);
 */
export function memoryBroker(options: MemoryBrokerOptions): Broker {
  const { capacity, onDiscard, meter, onError = throwLater } = options;
  const queue: Window[] = [];
  const pullers = new Set<Puller>();
  const listeners = new Set<{ readonly hear: (event: VerdictEvent) => void }>();
  let serving = false;
  let closed = false;
  let silent = false;

  const discard = (window: Window, reason: 'overload' | 'closed'): void => {
    meter.count('undertone_discarded_total', { queue: 'windows', reason });
    onDiscard(window, 'overload');
  };
  const showDepth = (): void => {
    meter.gauge('undertone_queue_depth', queue.length, { queue: 'windows' });
  };
  const take = (max: number): readonly Window[] => {
    const taken = queue.splice(0, max);
    showDepth();
    return taken;
  };
  const serve = (): void => {
    serving = false;
    for (const puller of pullers) {
      if (queue.length === 0) return;
      puller.give(take(puller.max));
    }
  };

  return {
    publishWindow: (window) => {
      if (closed) {
        discard(window, 'closed');
        return;
      }
      if (queue.length >= capacity) serve();
      const oldest = queue.length >= capacity ? queue.shift() : undefined;
      queue.push(window);
      showDepth();
      if (pullers.size > 0 && !serving) {
        serving = true;
        queueMicrotask(serve);
      }
      if (oldest !== undefined) discard(oldest, 'overload');
    },
    pullWindows: (max, signal) => {
      if (!(max >= 1)) return Promise.reject(new RangeError(`pullWindows(${max}): at least 1 is to be taken`));
      if (closed || signal?.aborted === true) return Promise.resolve([]);
      // Whoever came first is served first, also when a window has come and its puller is still to be woken.
      if (queue.length > 0 && pullers.size === 0) return Promise.resolve(take(max));
      return new Promise((resolve) => {
        const abandon = (): void => {
          puller.give([]);
        };
        const puller: Puller = {
          max,
          give: (windows) => {
            pullers.delete(puller);
            signal?.removeEventListener('abort', abandon);
            resolve(windows);
          },
        };
        pullers.add(puller);
        signal?.addEventListener('abort', abandon);
      });
    },
    publishVerdict: (event) => {
      if (silent) {
        meter.count('undertone_discarded_total', { queue: 'verdicts', reason: 'closed' });
        return;
      }
      for (const { hear } of listeners) {
        try {
          hear(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    onVerdict: (hear) => {
      const listener = { hear };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get depth() {
      return queue.length;
    },
    close: () => {
      closed = true;
      for (const puller of pullers) puller.give([]);
      for (const window of queue.splice(0)) discard(window, 'closed');
      showDepth();
      // Only now: `onDiscard` may have published a verdict on each of them, and that still belongs to somebody.
      silent = true;
      listeners.clear();
      return Promise.resolve();
    },
  };
}

/** Makes a listener's error its author's uncaught one, without stopping whoever published. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
