/** Before the form is there, and after the room was left. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RoomTerms } from '../../src/protocol.ts';
import { OwnLink } from './own-link.tsx';
import type { Publication } from './publication.ts';
import { Withdrawal } from './withdrawal.tsx';

/** While the server is asked what joining means, and when it did not say. */
export function Asking({ problem, onAgain }: { readonly problem: string | null; readonly onAgain: () => void }) {
  if (problem === null)
    return (
      <p class="sheet" role="status">
        Asking the server about this room
      </p>
    );
  return (
    <section class="sheet">
      <p class="notice fault" role="alert">
        {problem}
      </p>
      <p>
        <button type="button" onClick={onAgain}>
          Try again
        </button>
      </p>
    </section>
  );
}

interface LeftProps {
  readonly publication: Publication;
  readonly terms: RoomTerms;
}

/** After leaving: what is kept can still be deleted, while the page has the key to it. */
export function Left({ publication, terms }: LeftProps) {
  const state = useSignal(publication.state);
  useEffect(() => publication.on((next) => (state.value = next)), [publication]);
  const { participant, receipts, deleting } = state.value;
  const keeps = participant !== null && terms.keeping !== 'nothing' && receipts.length === 0 && !deleting;
  if (!keeps && receipts.length === 0 && !deleting) return null;
  return (
    <section class="sheet" aria-label="After leaving">
      {keeps && (
        <div class="notice row">
          <p>You have left. This room keeps {terms.words.kept}.</p>
          <button type="button" onClick={() => publication.withdraw()}>
            Withdraw, and delete what is kept of me
          </button>
        </div>
      )}
      <OwnLink publication={publication} />
      <Withdrawal receipts={receipts} deleting={deleting} onAskAgain={() => publication.withdraw()} />
    </section>
  );
}
