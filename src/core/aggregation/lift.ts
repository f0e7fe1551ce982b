import type { Label } from '../../domain.ts';
import type { Choice } from '../manifest-votes.ts';
import type { Answer } from './answers.ts';
import { type DawidSkene, type DawidSkeneOptions, dawidSkene } from './dawid-skene.ts';

/**
 * Dawid and Skene's model for each label on its own: 'did this rater choose it?' is the question, and everyone who rated
 * a clip has answered it, with no where the label is not among the rater's choices.
 *
 * Source: Dawid and Skene 1979; crowd-kit lifts binary methods to many labels the same way.
 * @param answers what each rater chose; `other` says that a rater was there and chose nothing that is named.
 * @returns what was learned, by label. The probabilities of a clip need not sum to 1: several labels may be present.
 * @throws RangeError for no answers.
 * @example dawidSkenePerLabel(answersOf(clips, 'av'), ['anger', 'fear']).get('anger')?.probability.get('clip-1');
 */
export function dawidSkenePerLabel(
  answers: readonly Answer<Choice>[],
  labels: readonly Label[],
  options: DawidSkeneOptions = {},
): ReadonlyMap<Label, DawidSkene> {
  const raters = [...Map.groupBy(answers, ({ task }) => task)].flatMap(([task, given]) =>
    [...Map.groupBy(given, ({ worker }) => worker)].map(([worker, chosen]) => ({
      task,
      worker,
      choices: new Set(chosen.map(({ label }) => label)),
    })),
  );
  return new Map(
    labels.map((label) => {
      const asked = raters.map(({ task, worker, choices }) => ({ task, worker, label: choices.has(label) }));
      return [label, dawidSkene(asked, options)];
    }),
  );
}
