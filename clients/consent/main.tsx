/** What one person agreed to, what is kept of them, and how to take it back: for whoever holds their key. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { createApiClient } from '../api.ts';
import type { ApiClient } from '../api.ts';
import { KeyForm } from './key-form.tsx';
import { dropKey, keepKey, takeKey } from './key.ts';
import type { OwnKey } from './key.ts';
import { OwnData } from './own-data.tsx';

type Stage =
  | { readonly name: 'asking'; readonly problem: string | null }
  | { readonly name: 'own'; readonly own: OwnKey; readonly api: ApiClient };

const stage = signal<Stage>({ name: 'asking', problem: null });

function open(own: OwnKey): void {
  keepKey(window, own);
  const api = createApiClient({ origin: location.origin, authorization: `Participant ${own.key}` });
  stage.value = { name: 'own', own, api };
}

function refuse(): void {
  dropKey(window);
  const problem =
    'This link opens nothing here. It may be cut short, be of another server, or what is kept of you may have run out.';
  stage.value = { name: 'asking', problem };
}

function Consent() {
  const now = stage.value;
  return (
    <main id="main" tabIndex={-1}>
      {now.name === 'asking' ? (
        <KeyForm key={now.problem} problem={now.problem} onKey={open} />
      ) : (
        <OwnData key={now.own.key} own={now.own} api={now.api} onRefused={refuse} />
      )}
    </main>
  );
}

function take(): void {
  const own = takeKey(window);
  if (own !== null) open(own);
}

take();
// A link that is opened where the page is open already changes the fragment alone.
addEventListener('hashchange', take);
const root = document.getElementById('root');
if (root !== null) render(<Consent />, root);
