import type { OwnKey } from './key.ts';

/** Where the page asks for the key that it was not given. */
export function KeyForm({ onKey }: { readonly onKey: (key: OwnKey) => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const link = fields.get('link');
    const fragment = new URLSearchParams(typeof link === 'string' ? link.slice(link.indexOf('#') + 1) : '');
    const [room, participant, key] = ['room', 'participant', 'key'].map((name) => fragment.get(name)?.trim() ?? '');
    if (room && participant && key) onKey({ room, participant, key });
  };
  return (
    <form class="sheet" onSubmit={submit}>
      <h1 class="headline">Your consent</h1>
      <p>
        When you joined a room you were given a link to this page. It holds the key to what is kept of you; nobody else
        can make one, and the server cannot tell who you are without it.
      </p>
      <div class="field">
        <label for="link">Paste that link</label>
        <input
          id="link"
          name="link"
          class="number"
          autocomplete="off"
          spellcheck={false}
          required
          pattern=".*#.*key=.*"
        />
      </div>
      <div class="row">
        <button class="primary" type="submit">
          Continue
        </button>
      </div>
    </form>
  );
}
