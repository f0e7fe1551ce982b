/** Where a page asks for the token that it was not given. */
import { useId } from 'preact/hooks';

/** What the form needs to know. */
export interface SignInProps {
  /** Why the last token did not do; null at first. */
  readonly problem: string | null;
  readonly onToken: (token: string) => void;
}

/** A form for the token. */
export function SignIn({ problem, onToken }: SignInProps) {
  const field = useId();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim() !== '') onToken(token.trim());
  };
  return (
    <form class="sheet" onSubmit={submit}>
      <h1 class="headline">Who is asking?</h1>
      {problem !== null && (
        <p class="notice fault" role="alert">
          {problem}
        </p>
      )}
      <div class="field">
        <label for={field}>Paste the token that the server printed at start</label>
        <input
          id={field}
          name="token"
          type="password"
          class="number"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby={`${field}-help`}
        />
        <p class="quiet" id={`${field}-help`}>
          It is kept for this browser tab only and sent to this server only.
        </p>
      </div>
      <div class="row">
        <button class="primary" type="submit">
          Continue
        </button>
      </div>
    </form>
  );
}
