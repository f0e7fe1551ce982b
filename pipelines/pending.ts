/** Counts work in flight, so that a source that can wait (a file) waits, and nothing is skipped. */
export interface Pending {
  /** Count a promise until it settles; returns it. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when fewer than `limit` are in flight. */
  below(limit: number): Promise<void>;
}

/** @example const pending = createPending(); mediaFile(path, { ready: () => pending.below(1) }); */
export function createPending(): Pending {
  let depth = 0;
  let waiters: { readonly limit: number; readonly resolve: () => void }[] = [];
  const settle = (): void => {
    depth--;
    const free = waiters.filter(({ limit }) => depth < limit);
    waiters = waiters.filter(({ limit }) => depth >= limit);
    for (const { resolve } of free) resolve();
  };
  return {
    track(work) {
      depth++;
      work.then(settle, settle);
      return work;
    },
    below(limit) {
      if (depth < limit) return Promise.resolve();
      return new Promise((resolve) => {
        waiters.push({ limit, resolve });
      });
    },
  };
}
