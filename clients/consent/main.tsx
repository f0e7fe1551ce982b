/** What one person agreed to, what is kept of them, and how to take it back: for whoever holds their key. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { createApiClient } from '../api.ts';
import { KeyForm } from './key-form.tsx';
import { takeKey } from './key.ts';
import type { OwnKey } from './key.ts';
import { OwnData } from './own-data.tsx';

const own = signal<OwnKey | null>(takeKey(window));

function Consent() {
  const { value } = own;
  const api = value && createApiClient({ origin: location.origin, authorization: `Participant ${value.key}` });
  return (
    <main id="main" tabIndex={-1}>
      {value === null || api === null ? (
        <KeyForm onKey={(key) => (own.value = key)} />
      ) : (
        <OwnData own={value} api={api} />
      )}
    </main>
  );
}

const root = document.getElementById('root');
if (root !== null) render(<Consent />, root);
