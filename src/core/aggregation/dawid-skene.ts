/** Dawid and Skene's model of raters who err each in their own way, for a yes-or-no question, fitted by EM. */
import type { Answer } from './answers.ts';
import { heard, logChances, NO_RATINGS, type RaterRates, type RaterSums, ratesOf } from './rater-rates.ts';

/** How long to fit, and how much to doubt raters with few ratings. */
export interface DawidSkeneOptions {
  /** Most rounds of EM. Default 200. */
  readonly maxRounds?: number;
  /** Stop when a round raises the log-likelihood by less than this, in nats. Default 1e-7. */
  readonly toleranceNats?: number;
  /**
   * Right and wrong answers of each kind that are added to every rater's own, and tasks of each truth. 0 is maximum
   * likelihood, as published; 1 keeps raters with few ratings away from certainty. Default 0.
   */
  readonly smoothing?: number;
}

/** What was learned of tasks and raters. */
export interface DawidSkene {
  /** Probability that the truth is yes, by task. */
  readonly probability: ReadonlyMap<string, number>;
  /** How each rater answers, by worker. */
  readonly raters: ReadonlyMap<string, RaterRates>;
  /** Share of tasks whose truth is yes. */
  readonly prevalence: number;
  /**
   * Log-likelihood of all answers after each round, nats; it never falls. With `smoothing`, the log-prior of the rates
   * is part of it, but for a constant.
   */
  readonly logLikelihood: readonly number[];
}

/**
 * Find the probable truth of each task and each rater's error rates together. It begins at each task's share of yes, so that yes
 * keeps its meaning: raters are taken to be right more often than wrong as a crowd, though not each of them.
 *
 * Source: Dawid and Skene 1979, for two classes.
 * @param answers in any order. A worker who answers a task twice is heard twice.
 * @throws RangeError for no answers.
 * @example
 * const answers = [{ task: 'a', worker: 'r1', label: true }, { task: 'a', worker: 'r2', label: true }];
 * dawidSkene(answers).probability.get('a'); // 1
 */
export function dawidSkene(
  answers: readonly Answer<boolean>[],
  { maxRounds = 200, toleranceNats = 1e-7, smoothing = 0 }: DawidSkeneOptions = {},
): DawidSkene {
  if (answers.length === 0) throw new RangeError('there are no answers to learn from');
  const byTask = Map.groupBy(answers, ({ task }) => task);
  let probability = new Map([...byTask].map(([task, given]) => [task, shareOfYes(given)]));
  const logLikelihood: number[] = [];
  for (;;) {
    const model = maximisation(byTask, probability, smoothing);
    const expected = expectation(byTask, model);
    probability = expected.probability;
    const now = expected.logLikelihood + smoothing * logPrior(model);
    const gain = now - (logLikelihood.at(-1) ?? -Infinity);
    logLikelihood.push(now);
    if (gain < toleranceNats || logLikelihood.length >= maxRounds) return { probability, ...model, logLikelihood };
  }
}

type ByTask = ReadonlyMap<string, readonly Answer<boolean>[]>;
type Model = Pick<DawidSkene, 'prevalence' | 'raters'>;

/** M-step: the prevalence and the rates under which the answers are most likely, where the truth is as probable as it is. */
function maximisation(byTask: ByTask, probability: ReadonlyMap<string, number>, smoothing: number): Model {
  const sums = new Map<string, RaterSums>();
  let yes = 0;
  for (const [task, given] of byTask) {
    const p = probability.get(task) ?? 0;
    yes += p;
    for (const { worker, label } of given) sums.set(worker, heard(sums.get(worker) ?? NO_RATINGS, label, p));
  }
  return {
    prevalence: (yes + smoothing) / (byTask.size + 2 * smoothing),
    raters: new Map([...sums].map(([worker, sum]) => [worker, ratesOf(sum, smoothing)])),
  };
}

/** E-step: how probable yes is for each task, and how likely all answers are. */
function expectation(byTask: ByTask, { prevalence, raters }: Model) {
  const probability = new Map<string, number>();
  let logLikelihood = 0;
  for (const [task, given] of byTask) {
    let [yes, no] = [Math.log(prevalence), Math.log(1 - prevalence)];
    for (const { worker, label } of given) {
      const chances = logChances(raters.get(worker) ?? ratesOf(NO_RATINGS, 0), label);
      yes += chances.yes;
      no += chances.no;
    }
    // One of the two is finite: the M-step has given each rating a chance under the truth it was mostly counted for.
    const top = Math.max(yes, no);
    const evidence = top + Math.log(Math.exp(yes - top) + Math.exp(no - top));
    probability.set(task, Math.exp(yes - evidence));
    logLikelihood += evidence;
  }
  return { probability, logLikelihood };
}

/** Log-density of the model where one right and one wrong answer of each kind were added, but for a constant. */
function logPrior({ prevalence, raters }: Model): number {
  const density = (p: number) => (p > 0 && p < 1 ? Math.log(p) + Math.log(1 - p) : 0);
  let sum = density(prevalence);
  for (const { sensitivity, specificity } of raters.values()) sum += density(sensitivity) + density(specificity);
  return sum;
}

function shareOfYes(given: readonly Answer<boolean>[]): number {
  return given.reduce((sum, { label }) => sum + (label ? 1 : 0), 0) / given.length;
}
