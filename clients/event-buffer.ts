/** What a reader has not read yet; read it with `for await`. */
export interface EventBuffer<T> extends AsyncIterator<T, undefined> {
  /** Add to the end; ignored once ended. */
  readonly push: (value: T) => void;
  /** No more will come: the reader gets what is left, and then the error, if there is one. */
  end(error?: Error): void;
}

/** Bound and policy of an `EventBuffer`. */
export interface EventBufferOptions<T> {
  /** Values that may wait. */
  readonly capacity: number;
  /** What is to be kept of more values than `capacity`; fewer than `capacity`. */
  readonly condense: (waiting: readonly T[]) => readonly T[];
  /** The reader has left its loop. */
  readonly onReturn: () => void;
}

/** A bounded queue between a source that does not wait and one reader that does. */
export function eventBuffer<T>(options: EventBufferOptions<T>): EventBuffer<T> {
  let waiting: T[] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake: PromiseWithResolvers<undefined> | null = null;

  const stir = (): void => {
    wake?.resolve(undefined);
    wake = null;
  };
  const end = (error?: Error): void => {
    if (ended) return;
    ended = true;
    failure = error;
    stir();
  };

  return {
    push: (value) => {
      if (ended) return;
      waiting.push(value);
      if (waiting.length > options.capacity) waiting = [...options.condense(waiting)];
      stir();
    },
    end,
    next: async () => {
      for (;;) {
        const value = waiting.shift();
        if (value !== undefined) return { done: false, value };
        if (ended) {
          const error = failure;
          failure = undefined;
          if (error !== undefined) throw error;
          return { done: true, value: undefined };
        }
        wake ??= Promise.withResolvers<undefined>();
        await wake.promise;
      }
    },
    return: () => {
      waiting = [];
      end();
      options.onReturn();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
