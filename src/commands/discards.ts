import type { Meter } from '../ports.ts';

/** A meter that keeps one number: how many pieces of work were skipped. Offline it stays 0. */
export function discardCounter(): Meter & { discarded(): number } {
  let discarded = 0;
  return {
    count: (name, _labels, by = 1) => {
      if (name === 'undertone_discarded_total') discarded += by;
    },
    gauge: () => undefined,
    observe: () => undefined,
    discarded: () => discarded,
  };
}
