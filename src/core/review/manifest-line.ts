/** Review in the corpus format (docs/corpus.md): what people said live becomes clips to train, calibrate and evaluate on. */
import type { ModalitySubset } from '../../domain.ts';
import type { ReviewedItem } from '../../domain/review.ts';
import type { Stimulus } from '../manifest-votes.ts';
import { subsetOf } from './calibrated.ts';
import { isVote, votesOf } from './distribution.ts';

/** What a clip's raters were given, by what was judged of it. */
const STIMULUS: Readonly<Record<ModalitySubset, Stimulus>> = { voice: 'voice', face: 'face', both: 'av' };

/** Where a clip lies, from the manifest's folder. */
export function clipPath(hash: string): string {
  return `clips/${hash}.webm`;
}

/**
 * An answered item as a line of a manifest: its votes and each rater's own. Valence and arousal, which reviewers give on
 * [-1, 1], stand on the manifest's scale of 1 to 7. Under `review`, which readers of corpora pass over, stands everything, so
 * that `annotationsIn` gives the answers back as they were.
 * @example lines.push(JSON.stringify(manifestLine(reviewed)));
 */
export function manifestLine({ item, annotations }: ReviewedItem): Readonly<Record<string, unknown>> {
  const subset = subsetOf(item.verdict.modalities);
  const stimulus = subset === null ? null : STIMULUS[subset];
  const told = annotations.filter(isVote);
  const votes = votesOf(told);
  return {
    id: item.id,
    speaker: `${item.room}/${item.participant}`,
    ...(item.clip !== null && { media: { video: clipPath(item.clip) } }),
    ...(stimulus !== null &&
      told.length > 0 && {
        votes: { [stimulus]: votes },
        ratings: told.map(({ reviewer, labels, attributes }) => ({
          rater: reviewer,
          stimulus,
          labels,
          ...(attributes && { valence: onSevenPoints(attributes.valence), arousal: onSevenPoints(attributes.arousal) }),
        })),
      }),
    review: { item, annotations },
  };
}

/**
 * The answers that a line holds, as they were exported.
 * @returns null where the line is of another corpus: it has no `review`.
 */
export function annotationsIn(line: unknown): readonly unknown[] | null {
  if (!isRecord(line) || !isRecord(line['review'])) return null;
  const { annotations } = line['review'] as { readonly annotations?: unknown };
  return Array.isArray(annotations) ? annotations : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const onSevenPoints = (score: number): number => 4 + 3 * score;
