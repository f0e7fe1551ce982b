/** Votes of one clip: counted by the corpus, or from its raters' own answers. */
import type { Label } from '../domain.ts';
import { LABELS } from './labels.ts';
import { elements, entries, type Field, fieldError, keysOf, numberIn, shown, text } from './manifest-fields.ts';

/** What raters were given: the sound only, the picture only, or both. */
export type Stimulus = (typeof STIMULI)[number];

/** Every stimulus, in the order in which they are told. */
export const STIMULI = ['voice', 'face', 'av'] as const;

/** What a rater may have chosen; `other` is whatever is not in `LABELS`. */
export type Choice = Label | 'other';

/** How many raters chose each; whole numbers above 0, what nobody chose is left out. */
export type Votes = Readonly<Partial<Record<Choice, number>>>;

/** Votes by what the raters were given; a stimulus without votes is left out. */
export type VotesByStimulus = Readonly<Partial<Record<Stimulus, Votes>>>;

/** One rater's own answer. */
export interface Rating {
  readonly rater: string;
  readonly stimulus: Stimulus;
  /** What was chosen, in the corpus' order; `other` once for each label outside `LABELS`. May be empty. */
  readonly labels: readonly Choice[];
  /** On the corpus' scale, as are `arousal` and `dominance`. */
  readonly valence?: number;
  readonly arousal?: number;
  readonly dominance?: number;
}

/** The dimensions that raters score. */
export const DIMENSIONS = ['valence', 'arousal', 'dominance'] as const;

/** The lowest and the highest score. */
export type Scale = readonly [low: number, high: number];

/**
 * Votes as the manifest counts them.
 * @throws UndertoneError `corpus-invalid` for a count that is negative, no whole number, or all zero.
 */
export function readVotes(field: Field): VotesByStimulus {
  const given = keysOf(field, STIMULI);
  const votes: Partial<Record<Stimulus, Votes>> = {};
  for (const stimulus of STIMULI) {
    const stimulusField = given[stimulus];
    if (stimulusField === undefined) continue;
    const counted = entries(stimulusField).map(([name, entry]) => [readLabel(name, entry), readCount(entry)] as const);
    if (counted.length === 0) continue;
    const tallied = tally(counted);
    if (Object.keys(tallied).length === 0)
      throw fieldError(stimulusField, 'is all zero: leave it out where nobody has voted');
    votes[stimulus] = tallied;
  }
  return votes;
}

/**
 * Raters' own answers.
 * @throws UndertoneError `corpus-invalid` for an answer without rater or stimulus, a score off the scale, a label twice,
 *   or a rater who answers twice to the same stimulus.
 */
export function readRatings(field: Field, scale: Scale): readonly Rating[] {
  const seen = new Set<string>();
  return elements(field).map((element) => {
    const given = keysOf(element, ['rater', 'stimulus', 'labels', ...DIMENSIONS]);
    const rater = text(given.rater ?? { ...element, key: `${element.key}.rater`, value: undefined });
    const stimulus = readStimulus(given.stimulus ?? { ...element, key: `${element.key}.stimulus`, value: undefined });
    const answer = `${stimulus} ${rater}`;
    if (seen.has(answer))
      throw fieldError(element, `is a second answer of ${shown(rater)} to ${stimulus}: keep one of them`);
    seen.add(answer);
    const named = new Set<string>();
    const labels = (given.labels === undefined ? [] : elements(given.labels)).map((label) => {
      const name = text(label);
      if (named.has(name)) throw fieldError(label, `is ${shown(name)} again: name each label once`);
      named.add(name);
      return readLabel(name, label);
    });
    const scores = DIMENSIONS.flatMap((dimension) => {
      const score = given[dimension];
      return score === undefined ? [] : [[dimension, numberIn(score, scale)] as const];
    });
    return { rater, stimulus, labels, ...Object.fromEntries(scores) };
  });
}

/**
 * Votes by stimulus: as counted where they were, otherwise from the ratings.
 * @param counted what the manifest counts. Ratings may be of some of the raters only, so the counts may be higher.
 * @throws UndertoneError `corpus-invalid` when ratings name a label more often than the manifest counts.
 */
export function agreedVotes(counted: VotesByStimulus, ratings: readonly Rating[], field: Field): VotesByStimulus {
  const agreed: Partial<Record<Stimulus, Votes>> = { ...counted };
  for (const stimulus of STIMULI) {
    const answers = ratings.filter((rating) => rating.stimulus === stimulus);
    const rated = tally(answers.flatMap(({ labels }) => labels.map((label) => [label, 1] as const)));
    const votes = counted[stimulus];
    if (votes === undefined) {
      if (Object.keys(rated).length > 0) agreed[stimulus] = rated;
      continue;
    }
    for (const label of CHOICES) {
      const [voted, named] = [votes[label] ?? 0, rated[label] ?? 0];
      if (named > voted)
        throw fieldError(
          { ...field, key: `votes.${stimulus}.${label}` },
          `counts ${voted} and 'ratings' names it ${named} times: correct one, or leave out 'votes.${stimulus}'`,
        );
    }
  }
  return agreed;
}

const CHOICES = [...LABELS, 'other'] as const;

function tally(counted: readonly (readonly [Choice, number])[]): Votes {
  const votes: Partial<Record<Choice, number>> = {};
  for (const choice of CHOICES) {
    const sum = counted.reduce((total, [label, count]) => (label === choice ? total + count : total), 0);
    if (sum > 0) votes[choice] = sum;
  }
  return votes;
}

/** `Anger` would be lost among the others without a word, so it is refused. */
function readLabel(name: string, field: Field): Choice {
  const known: readonly string[] = LABELS;
  if (known.includes(name)) return name as Choice;
  const meant = name.trim().toLowerCase();
  if (known.includes(meant)) throw fieldError(field, `is spelt ${shown(name)}: write ${shown(meant)}`);
  return 'other';
}

function readCount(field: Field): number {
  const { value } = field;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw fieldError(field, `is ${shown(value)}: write how many raters chose it, a whole number of 0 or more`);
}

function readStimulus(field: Field): Stimulus {
  const known: readonly unknown[] = STIMULI;
  if (known.includes(field.value)) return field.value as Stimulus;
  throw fieldError(field, `is ${shown(field.value)}: write what the rater was given, "voice", "face" or "av"`);
}
