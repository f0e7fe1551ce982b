/** The page to join a room with. */
import '../no-eval.ts';
import { signal } from '@preact/signals';
import { createRef, render } from 'preact';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { RoomTerms } from '../../src/protocol.ts';
import { dropToken, followToken, gatewayUrl, keepToken, takeToken } from '../session.ts';
import { SignIn } from '../sign-in.tsx';
import { Asking, Left } from './around.tsx';
import { openCamera, openNothing, openSample } from './capture.ts';
import type { Capture } from './capture.ts';
import { JoinForm, sampleIntent } from './join-form.tsx';
import type { Intent } from './join-form.tsx';
import { Live, SelfView } from './live.tsx';
import type { Publication } from './publication.ts';
import { publish } from './publish.ts';
import { readTerms, sampleRefusal } from './terms.ts';

type Stage =
  | { readonly name: 'sign-in'; readonly problem: string | null }
  | { readonly name: 'asking'; readonly problem: string | null }
  | { readonly name: 'form'; readonly problem: string | null; readonly terms: RoomTerms; readonly left?: Publication }
  | { readonly name: 'opening'; readonly intent: Intent }
  | {
      readonly name: 'live';
      readonly intent: Intent;
      readonly terms: RoomTerms;
      readonly capture: Capture;
      readonly publication: Publication;
    };

const query = new URLSearchParams(location.search);
const room = query.get('room') ?? 'lobby';
const video = createRef<HTMLVideoElement>();
let token = takeToken(window);
const stage = signal<Stage>({ name: token === null ? 'sign-in' : 'asking', problem: null });

/** Ask what joining means; then the form, or `next`. */
async function ask(problem: string | null, next?: (terms: RoomTerms) => void, left?: Publication): Promise<void> {
  if (token === null) return;
  stage.value = { name: 'asking', problem: null };
  try {
    const terms = await readTerms(gatewayUrl(location), token, room);
    if (next === undefined) stage.value = { name: 'form', problem, terms, ...(left && { left }) };
    else next(terms);
  } catch (thrown) {
    refuse(asUndertoneError(thrown));
  }
}

function refuse(error: UndertoneError): void {
  if (error.code === 'unauthenticated') {
    dropToken(window);
    stage.value = { name: 'sign-in', problem: `The server does not accept this token: ${error.message}` };
  } else stage.value = { name: 'asking', problem: error.message };
}

async function join(intent: Intent, terms: RoomTerms): Promise<void> {
  const element = video.current;
  if (token === null || element === null) return;
  stage.value = { name: 'opening', intent };
  try {
    const capture = await open(intent, element);
    if (intent.source === 'camera') element.srcObject = capture.stream;
    const { stream } = capture;
    const publication = publish({ ...intent, url: gatewayUrl(location), token, room, stream });
    stage.value = { name: 'live', intent, terms, capture, publication };
    publication.on(({ connection, error }) => {
      if (connection === 'ended') {
        if (stage.value.name === 'live' && stage.value.publication === publication) {
          close(capture);
          if (error?.code === 'unauthenticated') refuse(error);
          else void ask(error?.message ?? null, undefined, publication);
        }
      } else if (error?.code === 'consent-outdated' || error?.code === 'purpose-forbids') void renew(publication);
    });
  } catch (thrown) {
    stage.value = { name: 'form', problem: asUndertoneError(thrown).message, terms };
  }
}

function open({ source, textVersion }: Intent, element: HTMLVideoElement): Promise<Capture> {
  if (source === 'sample') return openSample(element);
  return textVersion === null ? Promise.resolve(openNothing()) : openCamera();
}

/** The room has changed what people agree to, or who may be analysed: show it as it is now. */
async function renew(publication: Publication): Promise<void> {
  if (token === null) return;
  const terms = await readTerms(gatewayUrl(location), token, room).catch(() => null);
  const now = stage.value;
  if (terms !== null && now.name === 'live' && now.publication === publication) stage.value = { ...now, terms };
}

function close(capture: Capture): void {
  capture.close();
  if (video.current !== null) video.current.srcObject = null;
}

function signIn(given: string): void {
  token = given;
  keepToken(window, given);
  void ask(null);
}

function Content() {
  const now = stage.value;
  switch (now.name) {
    case 'sign-in':
      return <SignIn problem={now.problem} onToken={signIn} />;
    case 'asking':
      return <Asking problem={now.problem} onAgain={() => void ask(null)} />;
    case 'form': {
      const { terms, problem, left } = now;
      const source = query.has('sample') ? 'sample' : 'camera';
      return (
        <>
          {left !== undefined && <Left publication={left} terms={terms} />}
          <JoinForm terms={terms} source={source} problem={problem} onJoin={(intent) => void join(intent, terms)} />
        </>
      );
    }
    case 'opening':
      return (
        <p class="sheet" role="status">
          {now.intent.source === 'camera' ? 'Opening the camera and microphone' : 'Opening the sample clip'}
        </p>
      );
    case 'live': {
      const { publication, capture, intent, terms } = now;
      return (
        <Live {...intent} {...capture} terms={terms} publication={publication} onLeave={() => publication.leave()} />
      );
    }
  }
}

function Page() {
  const live = stage.value.name === 'live' ? stage.value : null;
  const intent = live !== null && live.capture.stream.getTracks().length > 0 ? live.intent : null;
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
followToken(window);
const root = document.getElementById('root');
if (root !== null) render(<Page />, root);
if (query.has('sample')) void ask(null, joinWithSample);
else void ask(null);

function joinWithSample(terms: RoomTerms): void {
  if (sampleRefusal(terms) === null) void join(sampleIntent(terms), terms);
  else stage.value = { name: 'form', problem: null, terms };
}
