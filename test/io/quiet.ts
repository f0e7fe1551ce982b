/** A meter that can be asked, and a log that says nothing. */
import type { Log, Meter } from '../../src/ports.ts';

export interface Counts extends Meter {
  /** The sum of a counter or the value of a gauge; labels narrow it. */
  of(name: string, labels?: Readonly<Record<string, string>>): number;
}

export function countingMeter(): Counts {
  const series = new Map<string, { name: string; labels: Readonly<Record<string, string>>; value: number }>();
  const at = (name: string, labels: Readonly<Record<string, string>>) => {
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    const known = series.get(key) ?? { name, labels, value: 0 };
    series.set(key, known);
    return known;
  };
  return {
    count(name, labels = {}, by = 1) {
      at(name, labels).value += by;
    },
    gauge(name, value, labels = {}) {
      at(name, labels).value = value;
    },
    observe: () => undefined,
    of: (name, labels = {}) =>
      [...series.values()]
        .filter((each) => each.name === name)
        .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
        .reduce((sum, each) => sum + each.value, 0),
  };
}

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
