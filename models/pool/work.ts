/** What the threads of one crew have spent their time on: sums that only grow, for whoever plans by them. Pure. */
import type { WindowWork } from '../../src/domain.ts';
import type { CallKind } from '../calls.ts';

/** The sums of one crew. */
export interface WorkTally {
  /** A batch of `size` calls was answered; the thread worked `seconds` on it. */
  add(kind: CallKind, size: number, seconds: number): void;
  /** What windows took, and everything else. */
  readonly windows: Pick<WindowWork, 'batches' | 'otherSeconds'>;
}

/** Nothing done yet. */
export function tallyWork(): WorkTally {
  const bySize = new Map<number, { size: number; count: number; seconds: number }>();
  let otherSeconds = 0;
  return {
    add(kind, size, seconds) {
      if (kind !== 'window') {
        otherSeconds += seconds;
        return;
      }
      const sum = bySize.get(size) ?? { size, count: 0, seconds: 0 };
      bySize.set(size, { size, count: sum.count + 1, seconds: sum.seconds + seconds });
    },
    get windows() {
      return { batches: [...bySize.values()], otherSeconds };
    },
  };
}
