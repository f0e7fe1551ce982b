/** The review page: signs in, then one item after another. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import { createApiClient } from '../api.ts';
import { Problem } from '../problem.tsx';
import { dropToken, followToken, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { createDesk } from './desk.ts';
import type { Desk } from './desk.ts';
import { draftPlace } from './draft-place.ts';
import { ReviewPage } from './review-page.tsx';

type Stage =
  | { readonly name: 'sign-in'; readonly problem: string | null }
  | { readonly name: 'asking'; readonly problem: UndertoneError | null }
  | { readonly name: 'desk'; readonly desk: Desk; readonly me: OperationAnswer<'me'> };

/** How long to wait before asking a silent server again. */
const RETRY_MS = 2000;

const stage = signal<Stage>({ name: 'sign-in', problem: null });
const place = draftPlace(window);

async function open(token: string, problem: UndertoneError | null = null): Promise<void> {
  stage.value = { name: 'asking', problem };
  const api = createApiClient({ origin: location.origin, authorization: `Bearer ${token}` });
  try {
    const me = await api.call('me', {});
    if (me.role !== 'reviewer' && me.role !== 'admin') {
      stage.value = { name: 'sign-in', problem: `This is a ${me.role}’s token; this page takes a reviewer’s.` };
      return;
    }
    keepToken(window, token);
    stage.value = { name: 'desk', me, desk: createDesk({ api, storage: await place, onRefused: refuse }) };
  } catch (thrown) {
    const error = asUndertoneError(thrown);
    if (error.code === 'unauthenticated') refuse(error);
    else setTimeout(() => void open(token, error), RETRY_MS);
    if (stage.value.name === 'asking') stage.value = { name: 'asking', problem: error };
  }
}

function refuse({ code, message }: UndertoneError): void {
  if (stage.value.name === 'desk') stage.value.desk.close();
  dropToken(window);
  const what = code === 'forbidden' ? 'does not let this token review' : 'does not accept this token';
  stage.value = { name: 'sign-in', problem: `The server ${what}: ${message}` };
}

function Review() {
  if (stage.value.name === 'desk') return <ReviewPage desk={stage.value.desk} me={stage.value.me} />;
  return (
    <main id="main" tabIndex={-1}>
      {stage.value.name === 'sign-in' ? (
        <SignIn problem={stage.value.problem} onToken={(token) => void open(token)} />
      ) : (
        <div class="sheet" role="status">
          <Problem problem={stage.value.problem} />
          <p>{stage.value.problem === null ? 'Connecting' : 'Trying again every few seconds.'}</p>
        </div>
      )}
    </main>
  );
}

const token = takeToken(window);
if (token !== null) void open(token);
followToken(window);
const root = document.getElementById('root');
if (root !== null) render(<Review />, root);
