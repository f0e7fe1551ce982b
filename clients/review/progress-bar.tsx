/** How review is going, in one thin bar. */
import { signed } from '../dashboard/format.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';

/** What the bar needs to know. */
export interface ProgressBarProps {
  readonly progress: OperationAnswer<'reviewProgress'> | null;
  readonly agreement: OperationAnswer<'agreement'> | null;
  /** Who reviews here. */
  readonly reviewer: string;
}

/** The bar: done, being looked at, still to do; and how many of the answers are one's own. */
export function ProgressBar({ progress, agreement, reviewer }: ProgressBarProps) {
  if (progress === null) return <p class="progress quiet">Progress unknown</p>;
  const { open, held, done, reviewers } = progress;
  const alpha = agreement?.labels.alpha ?? null;
  const all = open + held + done;
  const own = reviewers.find((each) => each.reviewer === reviewer)?.answers ?? 0;
  return (
    <div class="progress" title="Items that have all the answers that they want, of all that are kept">
      <progress max={Math.max(1, all)} value={done} aria-label="Items done" />
      <p class="quiet">
        <span class="number">{done}</span> done, <span class="number">{open}</span> to do
        {held > 0 && (
          <>
            , <span class="number">{held}</span> being looked at
          </>
        )}
        ; <span class="number">{own}</span> {own === 1 ? 'answer' : 'answers'} by {reviewer}
        {alpha !== null && (
          <span title="Krippendorff’s alpha of all reviewers: 1 is perfect agreement, 0 is what chance would give">
            ; agreement <span class="number">{signed(alpha)}</span>
          </span>
        )}
      </p>
    </div>
  );
}
