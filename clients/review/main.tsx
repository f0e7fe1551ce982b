/** The review page: signs in, then one item after another. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import type { UndertoneError } from '../../src/errors.ts';
import { createApiClient } from '../api.ts';
import { dropToken, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { createDesk } from './desk.ts';
import type { Desk } from './desk.ts';
import { ReviewPage } from './review-page.tsx';

type Stage =
  { readonly name: 'sign-in'; readonly problem: string | null } | { readonly name: 'desk'; readonly desk: Desk };

const stage = signal<Stage>({ name: 'sign-in', problem: null });

function open(token: string): void {
  keepToken(window, token);
  const api = createApiClient({ origin: location.origin, authorization: `Bearer ${token}` });
  stage.value = { name: 'desk', desk: createDesk({ api, storage: sessionStorage, onUnauthenticated: refuse }) };
}

function refuse(error: UndertoneError): void {
  if (stage.value.name === 'desk') stage.value.desk.close();
  dropToken(window);
  stage.value = { name: 'sign-in', problem: `The server does not accept this token: ${error.message}` };
}

function Review() {
  if (stage.value.name === 'desk') return <ReviewPage desk={stage.value.desk} />;
  return (
    <main id="main" tabIndex={-1}>
      <SignIn problem={stage.value.problem} onToken={open} />
    </main>
  );
}

const token = takeToken(window);
if (token !== null) open(token);
const root = document.getElementById('root');
if (root !== null) render(<Review />, root);
