/** The dashboard: signs in, chooses the room, follows it. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import { dropToken, followToken, gatewayUrl, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { follow, greet } from './follow.ts';
import type { Followed, Greeting } from './follow.ts';
import { RoomPage } from './room-page.tsx';

type Stage =
  | { readonly name: 'sign-in'; readonly problem: string | null }
  | { readonly name: 'greeting'; readonly problem: string | null }
  | { readonly name: 'room'; readonly followed: Followed; readonly greeting: Greeting };

/** How long to wait before asking a silent server again. */
const RETRY_MS = 2000;

const url = gatewayUrl(location);
const stage = signal<Stage>({ name: 'sign-in', problem: null });

async function open(token: string, problem: string | null = null): Promise<void> {
  stage.value = { name: 'greeting', problem };
  try {
    const greeting = await greet(url, token);
    keepToken(window, token);
    const room = new URLSearchParams(location.search).get('room') ?? greeting.server.rooms[0] ?? 'lobby';
    document.title = `${room} · Undertone`;
    const { pack } = greeting.server;
    stage.value = { name: 'room', greeting, followed: follow({ url, token, room, pack, onRefused: refuse }) };
  } catch (thrown) {
    const error = asUndertoneError(thrown);
    if (error.code === 'unauthenticated') refuse(error);
    else setTimeout(() => void open(token, error.message), RETRY_MS);
  }
}

function refuse(error: UndertoneError): void {
  if (stage.value.name === 'room') stage.value.followed.close();
  dropToken(window);
  stage.value = { name: 'sign-in', problem: `The server does not accept this token: ${error.message}` };
}

function Dashboard() {
  switch (stage.value.name) {
    case 'sign-in':
      return (
        <main id="main" tabIndex={-1}>
          <SignIn problem={stage.value.problem} onToken={(token) => void open(token)} />
        </main>
      );
    case 'greeting':
      return (
        <main id="main" tabIndex={-1}>
          <p class="sheet" role="status">
            {stage.value.problem === null
              ? 'Connecting'
              : `The server does not answer; trying again. ${stage.value.problem}`}
          </p>
        </main>
      );
    case 'room':
      return <RoomPage followed={stage.value.followed} greeting={stage.value.greeting} />;
  }
}

const token = takeToken(window);
if (token !== null) void open(token);
followToken(window);
const root = document.getElementById('root');
if (root !== null) render(<Dashboard />, root);
