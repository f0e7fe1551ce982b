/** The page of whoever runs the server: rooms, review, calibration, audit, tokens. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { asUndertoneError } from '../../src/errors.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { createApiClient } from '../api.ts';
import type { ApiClient } from '../api.ts';
import { dropToken, followToken, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { AdminPage } from './admin-page.tsx';

type Stage =
  | { readonly name: 'sign-in'; readonly problem: string | null }
  | { readonly name: 'asking' }
  | { readonly name: 'in'; readonly api: ApiClient; readonly me: OperationAnswer<'me'> };

const stage = signal<Stage>({ name: 'sign-in', problem: null });

async function open(token: string): Promise<void> {
  stage.value = { name: 'asking' };
  const api = createApiClient({ origin: location.origin, authorization: `Bearer ${token}` });
  try {
    const me = await api.call('me', {});
    if (me.role === 'admin') {
      keepToken(window, token);
      stage.value = { name: 'in', api, me };
    } else stage.value = { name: 'sign-in', problem: `This is a ${me.role}'s token; this page takes an admin's.` };
  } catch (thrown) {
    const { code, message } = asUndertoneError(thrown);
    if (code === 'unauthenticated') dropToken(window);
    stage.value = { name: 'sign-in', problem: message };
  }
}

function Admin() {
  if (stage.value.name === 'in') return <AdminPage api={stage.value.api} me={stage.value.me} />;
  return (
    <main id="main" tabIndex={-1}>
      {stage.value.name === 'asking' ? (
        <p class="sheet" role="status">
          Connecting
        </p>
      ) : (
        <SignIn problem={stage.value.problem} onToken={(token) => void open(token)} />
      )}
    </main>
  );
}

const token = takeToken(window);
if (token !== null) void open(token);
followToken(window);
const root = document.getElementById('root');
if (root !== null) render(<Admin />, root);
