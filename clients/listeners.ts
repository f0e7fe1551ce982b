/** Who wants to hear of something. */
export interface Listeners<T> {
  /** Hear of what is told from now on; returns how to stop. */
  readonly add: (listener: (told: T) => void) => () => void;
  /**
   * Tell everyone, in the order in which they came. A listener that throws is its author's uncaught error, as with
   * `EventTarget`; the others hear of it all the same.
   */
  readonly tell: (told: T) => void;
}

/** An empty list of listeners. */
export function listeners<T>(): Listeners<T> {
  const all = new Set<{ readonly hear: (told: T) => void }>();
  return {
    add: (hear) => {
      const listener = { hear };
      all.add(listener);
      return () => all.delete(listener);
    },
    tell: (told) => {
      for (const { hear } of all) {
        try {
          hear(told);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
