import type { Clip } from '../manifest.ts';
import type { Choice, Stimulus } from '../manifest-votes.ts';

/**
 * What one rater said of one clip: (task, worker, label), as in crowd-kit. A rater who chose several labels has an
 * answer for each.
 *
 * @example const heard: Answer<Choice> = { task: '1001_DFA_ANG_XX', worker: 'r17', label: 'anger' };
 */
export interface Answer<Said> {
  /** What was rated: the clip's id. */
  readonly task: string;
  /** Who rated it. */
  readonly worker: string;
  readonly label: Said;
}

/**
 * The answers to one stimulus of a corpus whose raters are known. A rater who named no label said `other`.
 *
 * @returns in the corpus' order; empty where no rater is known.
 * @example answersOf(manifest.clips, 'av')[0]; // { task: '1001_DFA_ANG_XX', worker: 'r17', label: 'anger' }
 */
export function answersOf(
  clips: readonly Pick<Clip, 'id' | 'ratings'>[],
  stimulus: Stimulus,
): readonly Answer<Choice>[] {
  return clips.flatMap(({ id, ratings }) =>
    ratings
      .filter((rating) => rating.stimulus === stimulus)
      .flatMap(({ rater, labels }) =>
        (labels.length > 0 ? labels : (['other'] as const)).map((label) => ({ task: id, worker: rater, label })),
      ),
  );
}
