/**
 * A threshold with a promise: of verdicts that are doubted no more than it, at most a share `risk` is wrong, whatever the
 * network and whatever the clips are like, as long as fresh clips are drawn as the calibration clips were.
 *
 * The risk of what is accepted is a ratio, and need not fall with the threshold. Conformal risk control bounds the mean
 * of a loss that never rises as the threshold falls (Angelopoulos et al. 2022), which 'accepted and wrong' is and 'wrong
 * among the accepted' is not. So each threshold of a list is a hypothesis, 'its risk is above `risk`', with an exact
 * p-value: the number of wrong clips among m accepted ones is binomial. Learn then test (Angelopoulos et al. 2021) makes
 * one promise of many tests; selection with guaranteed risk (Geifman and El-Yaniv 2017) is its ancestor.
 *
 * Why this list and this order: a test of the thresholds one after another from the strictest, each at the full delta,
 * must begin where enough clips are accepted, and where that is may not be learned from the same clips. So the list is fixed
 * by the score alone, delta is shared out over `STARTS` places in it, and a test that succeeds hands what it had on to
 * the next (the fallback procedure, Wiens and Dmitrienko 2005; fixed sequence testing from several starts). A start
 * where nothing is accepted loses its part of delta and no more.
 */
import { binomialCdf, upperBound } from './binomial.ts';

/** Clips of which it is known how far they are doubted, and whether what would be said of them is wrong. */
export interface DoubtedClips {
  /** A number a clip; Infinity for a clip that is never accepted. */
  readonly doubt: readonly number[];
  readonly wrong: readonly boolean[];
}

/** What is to be promised. */
export interface RiskPromise {
  /** Between 0 and 1. */
  readonly risk: number;
  /** Between 0 and 1: the share of calibration sets whose threshold may break the promise. */
  readonly delta: number;
  /** The greatest doubt that there is (`greatestDoubt`). */
  readonly greatest: number;
}

/** What was found: a threshold, or why there is none. */
export type RiskThreshold =
  | {
      readonly found: true;
      readonly threshold: number;
      /** Calibration clips that it accepts, and how many of them are wrong. */
      readonly accepted: number;
      readonly wrong: number;
    }
  | { readonly found: false; readonly why: 'too-few'; readonly have: number; readonly need: number }
  | {
      readonly found: false;
      readonly why: 'too-risky';
      /** The least risk that these clips would have let be promised. */
      readonly least: number;
    };

/** Places in the list where testing may begin, each with an equal part of delta. */
const STARTS = 8;
const STEPS_A_START = 50;

/**
 * The greatest threshold whose risk is known to be at most `risk`. With probability 1 - delta over calibration sets, of
 * fresh clips like them at most a share `risk` of those that it accepts is wrong.
 * @param groups the clips as they are for one promise. With several groups the one threshold keeps the promise for each of
 * them: every group must pass each test, which costs nothing of delta (an intersection-union test).
 * @throws RangeError when there is no group, lists differ in length, or risk or delta are not between 0 and 1.
 * @example riskThreshold([{ doubt, wrong }], { risk: 0.1, delta: 0.1, greatest: Math.log(8) });
 */
export function riskThreshold(groups: readonly DoubtedClips[], promise: RiskPromise): RiskThreshold {
  const { risk, delta, greatest } = promise;
  checkPart('risk', risk);
  checkPart('delta', delta);
  if (groups.length === 0) throw new RangeError('there is no group of clips');
  const counts = groups.map((group) => counted(group));
  const need = leastForRisk(risk, delta);
  const have = Math.min(...counts.map(({ all }) => all));
  if (have < need) return { found: false, why: 'too-few', have, need };

  let carried = 0;
  const passed = thresholds(greatest).filter((threshold, i) => {
    const level = carried + ((i + 1) % STEPS_A_START === 0 ? delta / STARTS : 0);
    const passes = level > 0 && counts.every((count) => pValue(count.at(threshold), risk) <= level);
    carried = passes ? level : 0;
    return passes;
  });
  const threshold = passed.at(-1);
  if (threshold === undefined) return { found: false, why: 'too-risky', least: leastRisk(counts, delta, greatest) };
  const sums = counts.map((count) => count.at(threshold));
  return {
    found: true,
    threshold,
    accepted: sums.reduce((sum, { accepted }) => sum + accepted, 0),
    wrong: sums.reduce((sum, { wrong }) => sum + wrong, 0),
  };
}

/**
 * How many clips `riskThreshold` needs at least: so many, none of them wrong, are enough, and fewer never are.
 * @example leastForRisk(0.1, 0.1); // 42
 */
export function leastForRisk(risk: number, delta: number): number {
  return leastClips(1 - risk, delta / STARTS);
}

/** The least n with rate^n <= delta. */
export function leastClips(rate: number, delta: number): number {
  const near = Math.ceil(Math.log(delta) / Math.log(rate));
  // the quotient of logarithms may miss a whole number by a rounding
  return rate ** (near - 1) <= delta ? near - 1 : near;
}

/** @throws RangeError when it is not between 0 and 1. */
export function checkPart(name: string, part: number): void {
  if (!(part > 0 && part < 1)) throw new RangeError(`${name} is ${part}, not between 0 and 1`);
}

/** The list: closer where doubt is small, as networks that are sure have most clips there. */
function thresholds(greatest: number): readonly number[] {
  const steps = STARTS * STEPS_A_START;
  // the entropy of equal shares may be a rounding above ln C
  const last = greatest * (1 + 1e-9);
  return Array.from({ length: steps }, (_, i) => last * ((i + 1) / steps) ** 2);
}

interface Accepted {
  readonly accepted: number;
  readonly wrong: number;
}

interface Counted {
  /** Clips that some threshold accepts. */
  readonly all: number;
  readonly at: (threshold: number) => Accepted;
}

/** Cumulative counts, so that a threshold is looked up. */
function counted({ doubt, wrong }: DoubtedClips): Counted {
  if (doubt.length !== wrong.length)
    throw new RangeError(`wrong has ${wrong.length} entries where ${doubt.length} are due`);
  const rising = doubt
    .map((value, i) => ({ value, wrong: wrong[i] === true }))
    .filter(({ value }) => value < Infinity)
    .sort((a, b) => a.value - b.value);
  const errors = [0];
  for (const clip of rising) errors.push((errors.at(-1) ?? 0) + Number(clip.wrong));
  return {
    all: rising.length,
    at: (threshold) => {
      let [low, high] = [0, rising.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((rising[middle]?.value ?? Infinity) <= threshold) low = middle + 1;
        else high = middle;
      }
      return { accepted: low, wrong: errors[low] ?? NaN };
    },
  };
}

/** How likely so few errors are where the risk is above the one that is to be promised; 1 where nothing is accepted. */
function pValue({ accepted, wrong }: Accepted, risk: number): number {
  return accepted === 0 ? 1 : binomialCdf(accepted, wrong, risk);
}

function leastRisk(counts: readonly Counted[], delta: number, greatest: number): number {
  const worst = (threshold: number) =>
    Math.max(
      ...counts.map((count) => {
        const { accepted, wrong } = count.at(threshold);
        return upperBound(accepted, wrong, delta / STARTS);
      }),
    );
  const starts = thresholds(greatest).filter((_, i) => (i + 1) % STEPS_A_START === 0);
  return Math.min(...starts.map(worst));
}
