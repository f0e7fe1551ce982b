/** After an answer, and only then: what the model had said. */
import { REASON_WORDS } from '../words.ts';
import { two } from '../dashboard/format.ts';
import type { Done } from './desk.ts';
import { draftWords } from './draft.ts';

/** What the strip needs to know. */
export interface LastAnswerProps {
  readonly last: Done | null;
  readonly onUndo: () => void;
}

/** The answer before this one, beside the model's. Its place is kept before there is one. */
export function LastAnswer({ last, onUndo }: LastAnswerProps) {
  return (
    <aside class="last" aria-label="The item before" aria-live="polite">
      {last === null ? (
        <p class="quiet">What the model said of an item is told here, after your answer.</p>
      ) : (
        <>
          <p>{last.name === 'skipped' ? 'You skipped an item.' : said(last)}</p>
          <button type="button" onClick={onUndo}>
            Undo <kbd>U</kbd>
          </button>
        </>
      )}
    </aside>
  );
}

type Answered = Extract<Done, { readonly name: 'answered' }>;

function said(last: Answered) {
  return (
    <>
      You said <b>{draftWords(last.annotation)}</b>. {modelSaid(last)}
    </>
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
