/** How far reviewers agree, all together and each against the rest, and how fast they are. */
import type { Label } from '../../domain.ts';
import type { Annotation, ReviewedItem } from '../../domain/review.ts';
import { bootstrap, type Interval } from '../metrics/bootstrap.ts';
import { type AlphaOptions, alphaTally, interval, masi, nominal } from '../metrics/krippendorff.ts';
import { reread, total } from '../metrics/tally.ts';
import { type Random, randomStream } from '../random.ts';
import { isVote } from './distribution.ts';

/** Krippendorff's alpha of one question. */
export interface Agreement {
  /** 1 is perfect, 0 is chance; null where no two reviewers answered the same item, or nothing varied. */
  readonly alpha: number | null;
  /** 95 %, over items; null as `alpha`. */
  readonly interval: Interval | null;
  /** Items with two answers or more. */
  readonly items: number;
}

/** One reviewer's work. */
export interface ReviewerFigures {
  readonly reviewer: string;
  readonly answers: number;
  readonly cannotTell: number;
  /** Items that somebody else could tell about too. */
  readonly shared: number;
  /**
   * 1 - (mean MASI distance of this reviewer's answers from the others' answers to the same items) / (the same between any
   * two answers of all): alpha's reading of one against the rest. Null without shared items.
   */
  readonly withOthers: number | null;
  /** Median time for an answer, ms; null without answers. */
  readonly medianTookMs: number | null;
}

/** Agreement on everything that is asked. */
export interface AgreementReport {
  /** Whole answers as sets of labels, by MASI's distance. */
  readonly labels: Agreement;
  /** Each label on its own: named or not. */
  readonly perLabel: Readonly<Partial<Record<Label, Agreement>>>;
  /** On an interval scale. */
  readonly valence: Agreement;
  readonly arousal: Agreement;
  /** Most answers first. */
  readonly reviewers: readonly ReviewerFigures[];
}

const KEY = (set: ReadonlySet<string>): string => [...set].sort().join('+');

/**
 * Agreement of reviewers. What is no vote (`isVote`) agrees with nothing and contradicts nothing.
 * @param labels the labels that may be named.
 * @param options `seed` of the resamples; `resamples` by default 1000.
 * @example agreementOf(reviewed, LABELS, { seed: 1 }).labels.alpha;
 */
export function agreementOf(
  reviewed: readonly ReviewedItem[],
  labels: readonly Label[],
  { seed, resamples = 1000 }: { readonly seed: number; readonly resamples?: number },
): AgreementReport {
  const told = reviewed.map(({ annotations }) => annotations.filter(isVote));
  const measure = <Value>(name: string, units: readonly (readonly Value[])[], options: AlphaOptions<Value>) =>
    agreement(units, options, randomStream(seed, 'agreement', name), resamples);
  const scores = (attribute: 'valence' | 'arousal') =>
    told.map((answers) => answers.flatMap(({ attributes }) => attributes?.[attribute] ?? []));
  return {
    labels: measure('labels', told.map(sets), { difference: masi, key: KEY }),
    perLabel: Object.fromEntries(
      labels.map((label) => {
        const named = told.map((answers) => answers.map((answer) => answer.labels.includes(label)));
        return [label, measure(label, named, { difference: nominal })];
      }),
    ),
    valence: measure('valence', scores('valence'), { difference: interval }),
    arousal: measure('arousal', scores('arousal'), { difference: interval }),
    reviewers: reviewersOf(reviewed),
  };
}

function agreement<Value>(
  units: readonly (readonly Value[])[],
  options: AlphaOptions<Value>,
  random: Random,
  resamples: number,
): Agreement {
  const shared = units.filter((unit) => unit.length >= 2);
  if (shared.length === 0) return { alpha: null, interval: null, items: 0 };
  const tallied = alphaTally(shared, options);
  const alpha = total(tallied);
  if (Number.isNaN(alpha)) return { alpha: null, interval: null, items: shared.length };
  const { interval: ends } = bootstrap(
    reread(tallied, (figure) => ({ interval: figure })),
    { random, resamples },
  );
  return { alpha, interval: ends, items: shared.length };
}

function reviewersOf(reviewed: readonly ReviewedItem[]): readonly ReviewerFigures[] {
  const all = Map.groupBy(
    reviewed.flatMap(({ annotations }) => annotations),
    ({ reviewer }) => reviewer,
  );
  const byChance = chanceDistance(reviewed);
  return [...all]
    .map(([reviewer, answers]): ReviewerFigures => {
      const distances = reviewed.flatMap(({ annotations }) => {
        const [own, others] = [sets(annotations.filter(by(reviewer))), sets(annotations.filter(notBy(reviewer)))];
        const [mine] = own;
        return mine === undefined || others.length === 0 ? [] : mean(others.map((other) => masi(mine, other)));
      });
      const withOthers = distances.length === 0 || byChance === 0 ? null : 1 - mean(distances) / byChance;
      return {
        reviewer,
        answers: answers.length,
        cannotTell: answers.filter(({ cannotTell }) => cannotTell).length,
        shared: distances.length,
        withOthers,
        medianTookMs: median(answers.map(({ tookMs }) => tookMs)),
      };
    })
    .sort((one, other) => other.answers - one.answers || (one.reviewer < other.reviewer ? -1 : 1));
}

/** Mean distance between any two answers to anything. */
function chanceDistance(reviewed: readonly ReviewedItem[]): number {
  const counts = new Map<string, { readonly set: ReadonlySet<string>; n: number }>();
  for (const set of reviewed.flatMap(({ annotations }) => sets(annotations.filter(isVote)))) {
    const known = counts.get(KEY(set));
    if (known) known.n += 1;
    else counts.set(KEY(set), { set, n: 1 });
  }
  const values = [...counts.values()];
  const n = values.reduce((sum, value) => sum + value.n, 0);
  const sum = values.reduce(
    (all, one) => all + values.reduce((row, other) => row + one.n * other.n * masi(one.set, other.set), 0),
    0,
  );
  return n < 2 ? 0 : sum / (n * (n - 1));
}

const by =
  (reviewer: string) =>
  (answer: Annotation): boolean =>
    answer.reviewer === reviewer && isVote(answer);

const notBy =
  (reviewer: string) =>
  (answer: Annotation): boolean =>
    answer.reviewer !== reviewer && isVote(answer);

function sets(answers: readonly Pick<Annotation, 'labels'>[]): ReadonlySet<Label>[] {
  return answers.map(({ labels }) => new Set(labels));
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, x) => sum + x, 0) / list.length;
}

function median(list: readonly number[]): number | null {
  if (list.length === 0) return null;
  const rising = list.toSorted((a, b) => a - b);
  const middle = (rising.length - 1) / 2;
  return ((rising[Math.floor(middle)] ?? NaN) + (rising[Math.ceil(middle)] ?? NaN)) / 2;
}
