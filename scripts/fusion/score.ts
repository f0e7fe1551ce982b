/** How right shares are, with intervals for new clips and for new speakers. */
import { bootstrap, type Interval } from '../../src/core/metrics/bootstrap.ts';
import { f1Tally } from '../../src/core/metrics/f1.ts';
import { presentByShare } from '../../src/core/metrics/presence.ts';
import { reread, total } from '../../src/core/metrics/tally.ts';
import { topTally } from '../../src/core/metrics/top1.ts';
import { randomStream } from '../../src/core/random.ts';

/** Figures of one system. */
export interface Score {
  readonly uar: number;
  readonly macroF1: number;
  readonly byClip: Interval | null;
  readonly bySpeaker: Interval | null;
}

/**
 * @param truth [clips][C], shares of raters.
 * @param shares [clips][C], predicted.
 */
export function score(
  truth: readonly (readonly number[])[],
  shares: readonly (readonly number[])[],
  speakers: readonly string[],
): Score {
  const tally = reread(topTally(truth, shares), ({ uar }) => ({ uar }));
  const random = (): ReturnType<typeof randomStream> => randomStream(1, 'fusion');
  return {
    uar: total(tally).uar,
    macroF1: total(f1Tally(presentByShare(truth), presentByShare(shares))).macro,
    byClip: bootstrap(tally, { random: random() }).uar,
    bySpeaker: bootstrap(tally, { random: random(), groups: speakers }).uar,
  };
}
