/** Is another's doubt as good as one's own? The surest clips by either, side by side (paper 2, section V-C). */
import { bootstrap, type BootstrapOptions, type Interval } from '../metrics/bootstrap.ts';
import { f1Tally } from '../metrics/f1.ts';
import { presentByShare } from '../metrics/presence.ts';
import { join, meanTally, only, reread, type Tally, total } from '../metrics/tally.ts';
import { misses } from '../metrics/top1.ts';
import { cutAt } from './curve.ts';
import type { LabelledClips } from './label-curve.ts';

/** A figure of the clips that are accepted by the verdicts' own doubt, and of those accepted by that of another. */
export interface Beside {
  readonly own: number;
  readonly transferred: number;
  /** 95 % interval of transferred - own, both of the same resamples; null where the figure never exists. */
  readonly difference: Interval | null;
}

/** Two orders of rejection at one coverage. */
export interface Transfer {
  readonly risk: Beside;
  readonly macroF1: Beside;
}

/**
 * Figures of the surest share of clips by their own doubt and by a transferred one. The verdicts are the same; only which are
 * accepted differs. The thresholds are those of all clips and stay in the resamples.
 * @param own a finite number a clip.
 * @param transferred another's, of the same clips: of one modality alone, for example.
 * @throws RangeError as `coverageCurve` and `bootstrap`.
 * @example transfer(scored, doubts.av, doubts.voice, 0.6, { random: randomStream(1, 'transfer') }).risk.difference;
 */
export function transfer(
  { truth, shares, probabilities }: LabelledClips,
  own: readonly number[],
  transferred: readonly number[],
  coverage: number,
  options: BootstrapOptions,
): Transfer {
  const [ownKept, transferredKept] = [own, transferred].map((doubts) => {
    const { threshold } = cutAt(doubts, coverage);
    return doubts.map((doubt) => doubt <= threshold);
  }) as [boolean[], boolean[]];
  const beside = (figure: Tally<number>) =>
    join({ own: only(figure, ownKept), transferred: only(figure, transferredKept) });
  const both = join({
    risk: beside(meanTally(misses(truth, probabilities, { ties: 'any' }).map(Number))),
    macroF1: beside(reread(f1Tally(presentByShare(truth), presentByShare(shares)), ({ macro }) => macro)),
  });
  const { risk, macroF1 } = total(both);
  const intervals = bootstrap(
    reread(both, (figures) => ({
      risk: figures.risk.transferred - figures.risk.own,
      macroF1: figures.macroF1.transferred - figures.macroF1.own,
    })),
    options,
  );
  return {
    risk: { ...risk, difference: intervals.risk },
    macroF1: { ...macroF1, difference: intervals.macroF1 },
  };
}
