import { useSignal } from '@preact/signals';
import { readLink } from './key.ts';
import type { OwnKey } from './key.ts';

/** What the form needs to know. */
export interface KeyFormProps {
  /** Why the last link did not do; null at first. */
  readonly problem: string | null;
  readonly onKey: (key: OwnKey) => void;
}

/** Where the page asks for the link that it was not given. */
export function KeyForm({ problem, onKey }: KeyFormProps) {
  const wrong = useSignal(problem);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const link = new FormData(event.currentTarget as HTMLFormElement).get('link');
    const own = typeof link === 'string' ? readLink(link) : null;
    if (own === null) wrong.value = 'A part of this link is missing: copy it whole, with what comes after #.';
    else onKey(own);
  };
  return (
    <form class="sheet" onSubmit={submit}>
      <h1 class="headline">Your consent</h1>
      {wrong.value !== null && (
        <p class="notice fault" role="alert">
          {wrong.value}
        </p>
      )}
      <p>
        When you joined a room you were given a link to this page. It holds the key to what is kept of you; nobody else
        can make one, and the server cannot tell who you are without it.
      </p>
      <div class="field">
        <label for="link">Paste that link</label>
        <input id="link" name="link" class="number" autocomplete="off" spellcheck={false} required />
      </div>
      <div class="row">
        <button class="primary" type="submit">
          Continue
        </button>
      </div>
      <p class="quiet">
        The link is lost? Ask whoever runs the room: an admin can withdraw for you and give you the receipt.
      </p>
    </form>
  );
}
