/** What an aggregation rule throws away. */
import { allInclusive } from './all-inclusive.ts';
import { majority } from './majority.ts';
import { plurality } from './plurality.ts';
import type { AggregationRule, Tally } from './votes.ts';

/** What a rule loses of a set of clips; both in [0, 1]. */
export interface AggregationLoss {
  /** Share of clips that get no label. */
  readonly dataLoss: number;
  /** Share of all ratings that no label carries: all ratings of a clip without one, and those for other choices. */
  readonly ratingLoss: number;
}

/** The three rules of paper 3, section 4.3, by name. */
export const RULES = { majority, plurality, allInclusive } as const satisfies Record<string, AggregationRule>;

/**
 * What one rule loses of some clips. A label carries the ratings for the choices to which it gives a share above 0.
 *
 * Source: paper 3, Table 3 and section 5.1.
 * @throws RangeError for no clips: a share of nothing says nothing.
 * @example aggregationLoss([{ counts: [2, 1], total: 3 }], RULES.majority); // { dataLoss: 0, ratingLoss: 1 / 3 }
 */
export function aggregationLoss(tallies: readonly Tally[], rule: AggregationRule): AggregationLoss {
  if (tallies.length === 0) throw new RangeError('there are no clips to lose anything of');
  let [lostClips, lostRatings, ratings] = [0, 0, 0];
  for (const clip of tallies) {
    const label = rule(clip);
    const carried = label?.reduce((sum, share, k) => sum + (share > 0 ? (clip.counts[k] ?? 0) : 0), 0) ?? 0;
    if (label === null) lostClips++;
    lostRatings += clip.total - carried;
    ratings += clip.total;
  }
  return { dataLoss: lostClips / tallies.length, ratingLoss: lostRatings / ratings };
}

/**
 * What each rule loses of the same clips.
 * @throws RangeError for no clips.
 * @example lossByRule(clips.map((votes) => tally(votes, LABELS))).plurality.dataLoss;
 */
export function lossByRule(tallies: readonly Tally[]): Readonly<Record<keyof typeof RULES, AggregationLoss>> {
  return {
    majority: aggregationLoss(tallies, RULES.majority),
    plurality: aggregationLoss(tallies, RULES.plurality),
    allInclusive: aggregationLoss(tallies, RULES.allInclusive),
  };
}
