/** A meter that keeps only what a benchmark asks for, and a log that says nothing. */
import type { Log, Meter } from '../../src/ports.ts';

/** Counts and observations by `name` or `name:label`, for example `undertone_inference_batch_size:window`. */
export interface Tally extends Meter {
  readonly counts: ReadonlyMap<string, number>;
  readonly observed: ReadonlyMap<string, readonly number[]>;
  reset(): void;
}

/** @param keep names whose observations are kept one by one; none grows otherwise. */
export function createTally(keep: readonly string[] = []): Tally {
  const counts = new Map<string, number>();
  const observed = new Map<string, number[]>();
  const key = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    [name, ...Object.values(labels)].filter((part) => part !== '').join(':');
  return {
    counts,
    observed,
    count(name, labels, by = 1) {
      counts.set(key(name, labels), (counts.get(key(name, labels)) ?? 0) + by);
    },
    gauge: () => undefined,
    observe(name, value, labels) {
      if (!keep.includes(name)) return;
      const values = observed.get(key(name, labels)) ?? [];
      values.push(value);
      observed.set(key(name, labels), values);
    },
    reset() {
      counts.clear();
      observed.clear();
    },
  };
}

const nothing = () => undefined;

export const silent: Log = { info: nothing, warn: nothing, error: nothing };
