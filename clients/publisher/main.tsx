/** The page to join a room with. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { createRef, render } from 'preact';
import { asUndertoneError } from '../../src/errors.ts';
import { dropToken, gatewayUrl, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { openCamera, openSample } from './capture.ts';
import type { Capture } from './capture.ts';
import { JoinForm, SAMPLE } from './join-form.tsx';
import type { Intent } from './join-form.tsx';
import { Live, SelfView } from './live.tsx';
import type { Publication } from './publication.ts';
import { publish } from './publish.ts';

type Stage =
  | { readonly name: 'sign-in'; readonly problem: string | null }
  | { readonly name: 'form'; readonly problem: string | null }
  | { readonly name: 'opening'; readonly intent: Intent }
  | { readonly name: 'live'; readonly intent: Intent; readonly capture: Capture; readonly publication: Publication };

const query = new URLSearchParams(location.search);
const room = query.get('room') ?? 'lobby';
const video = createRef<HTMLVideoElement>();
let token = takeToken(window);
const stage = signal<Stage>(token === null ? { name: 'sign-in', problem: null } : { name: 'form', problem: null });

async function join(intent: Intent): Promise<void> {
  const element = video.current;
  if (token === null || element === null) return;
  stage.value = { name: 'opening', intent };
  try {
    const capture = intent.source === 'camera' ? await openCamera() : await openSample(element);
    if (intent.source === 'camera') element.srcObject = capture.stream;
    const { stream } = capture;
    const publication = publish({ ...intent, url: gatewayUrl(location), token, room, consent: true, stream });
    stage.value = { name: 'live', intent, capture, publication };
    publication.on(({ connection, error }) => {
      if (connection !== 'ended') return;
      close(capture);
      if (error?.code === 'unauthenticated') {
        dropToken(window);
        stage.value = { name: 'sign-in', problem: `The server does not accept this token: ${error.message}` };
      } else stage.value = { name: 'form', problem: error?.message ?? null };
    });
  } catch (thrown) {
    stage.value = { name: 'form', problem: asUndertoneError(thrown).message };
  }
}

function close(capture: Capture): void {
  capture.close();
  if (video.current !== null) video.current.srcObject = null;
}

function signIn(given: string): void {
  token = given;
  keepToken(window, given);
  stage.value = { name: 'form', problem: null };
}

function Content() {
  const now = stage.value;
  switch (now.name) {
    case 'sign-in':
      return <SignIn problem={now.problem} onToken={signIn} />;
    case 'form': {
      const source = query.has('sample') ? 'sample' : 'camera';
      return <JoinForm room={room} source={source} problem={now.problem} onJoin={(intent) => void join(intent)} />;
    }
    case 'opening':
      return (
        <p class="sheet" role="status">
          {now.intent.source === 'camera' ? 'Opening the camera and microphone' : 'Opening the sample clip'}
        </p>
      );
    case 'live': {
      const { publication, capture, intent } = now;
      return (
        <Live {...intent} {...capture} room={room} publication={publication} onLeave={() => publication.leave()} />
      );
    }
  }
}

function Page() {
  const intent = stage.value.name === 'live' ? stage.value.intent : null;
  return (
    <main id="main" tabIndex={-1}>
      <Content />
      <div class="self-frame" hidden={intent === null}>
        <SelfView video={video} mirrored={intent?.source === 'camera'} />
      </div>
      <p class="foot">
        <a href={`/?room=${encodeURIComponent(room)}`}>Watch room {room}</a>
      </p>
    </main>
  );
}

document.title = `Join ${room} · Undertone`;
const root = document.getElementById('root');
if (root !== null) render(<Page />, root);
if (query.has('sample') && token !== null) void join(SAMPLE);
