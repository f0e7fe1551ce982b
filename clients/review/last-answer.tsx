/** After an answer, and only then: what the model had said. */
import { REASON_WORDS } from '../words.ts';
import { two } from '../dashboard/format.ts';
import type { Answered } from './desk.ts';

/** What the strip needs to know. */
export interface LastAnswerProps {
  readonly last: Answered | null;
  readonly onUndo: () => void;
}

/** The answer before this one, beside the model's. */
export function LastAnswer({ last, onUndo }: LastAnswerProps) {
  if (last === null) return null;
  const { labels, cannotTell } = last.annotation;
  return (
    <aside class="last notice" aria-label="The item before" aria-live="polite">
      <p>
        You said <b>{cannotTell ? 'cannot tell' : labels.join(', ')}</b>. {modelSaid(last)}
      </p>
      <button type="button" onClick={onUndo}>
        Undo <kbd>U</kbd>
      </button>
    </aside>
  );
}

function modelSaid({ verdict }: Answered): string {
  const { status, labels, withheld = [], reason, probabilities } = verdict;
  const named = (of: readonly (keyof typeof probabilities)[]) =>
    of.map((label) => `${label} ${two(probabilities[label] ?? 0)}`).join(', ');
  if (status === 'accepted') return `The model said ${named(labels)}.`;
  const why = reason === null ? '' : `: ${REASON_WORDS[reason]}`;
  return withheld.length === 0
    ? `The model gave no verdict${why}.`
    : `The model gave no verdict${why}; it would have said ${named(withheld)}.`;
}
