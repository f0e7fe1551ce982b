/** The labels as large keys; several may be on. */
import { LABELS } from '../../src/core/labels.ts';
import { LABEL_COLOURS } from '../colours.ts';
import type { Desk } from './desk.ts';

/** Keys 1 to 8, and 0 for an honest 'cannot tell'. */
export function LabelKeys({ desk }: { readonly desk: Desk }) {
  const { labels, cannotTell } = desk.draft.value;
  return (
    <div class="label-keys" role="group" aria-label="Labels, several may be on">
      {LABELS.map((label, i) => (
        <button
          key={label}
          type="button"
          class="label-key"
          data-label={label}
          aria-pressed={labels.includes(label)}
          onClick={() => desk.toggle(label)}
        >
          <kbd>{i + 1}</kbd>
          <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
            <circle cx="6" cy="6" r="6" fill={LABEL_COLOURS[label]} />
          </svg>
          {label}
        </button>
      ))}
      <button
        type="button"
        class="label-key cannot"
        data-label=""
        aria-pressed={cannotTell}
        onClick={() => desk.cannotTell()}
      >
        <kbd>0</kbd> cannot tell
      </button>
    </div>
  );
}
