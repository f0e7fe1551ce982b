/** While somebody is in the room: what is sent, whether they are analysed, and how to stop. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { RoomTerms } from '../../src/protocol.ts';
import type { SourceName } from './capture.ts';
import { Paragraphs } from './consent-text.tsx';
import { OwnLink } from './own-link.tsx';
import type { Publication, PublicationState } from './publication.ts';
import { Withdrawal } from './withdrawal.tsx';

/** What the page of a participant needs to know. */
export interface LiveProps {
  readonly terms: RoomTerms;
  readonly name: string;
  readonly role: string;
  /** What they agreed to when they joined; null: they joined without being analysed. */
  readonly textVersion: string | null;
  readonly source: SourceName;
  readonly publication: Publication;
  readonly stream: MediaStream;
  /** Which of voice and face is not there, in words. */
  readonly lacking: string | null;
  readonly onLeave: () => void;
}

/** The notice that stays, what can be switched, and where the connection stands. */
export function Live({ terms, name, role, textVersion, source, publication, stream, lacking, onLeave }: LiveProps) {
  const state = useSignal(publication.state);
  useEffect(() => publication.on((next) => (state.value = next)), [publication]);
  const { consented, muted, cameraOff, receipts, deleting } = state.value;
  const because = terms.roles.find((each) => each.role === role)?.because ?? null;
  // Analysis that has become forbidden stops; what was kept until then is still the person's to withdraw.
  const halted = !consented && because !== null && textVersion !== null && receipts.length === 0 && !deleting;
  const { text, version } = source === 'sample' ? terms.sample : terms.consent;
  const [hasVoice, hasFace] = [stream.getAudioTracks().length > 0, stream.getVideoTracks().length > 0];
  return (
    <section class="sheet" aria-labelledby="live">
      <div class="notice analysed" data-on={consented}>
        <div role="status">
          <h1 class="headline" id="live">
            {noticeOf(source, state.value)}
          </h1>
          {consented ? (
            <p>
              {source === 'camera' ? 'Your voice and face are analysed' : 'The clip is analysed'} for{' '}
              {terms.words.purpose}. This room keeps {terms.words.kept}.
            </p>
          ) : (
            because !== null && <p>{because}</p>
          )}
        </div>
        <p class="row">
          {consented || halted ? (
            <button type="button" onClick={() => publication.withdraw()}>
              Withdraw consent
            </button>
          ) : (
            because === null && (
              <button type="button" onClick={() => publication.agree(version)}>
                Agree again
              </button>
            )
          )}
          <button type="button" onClick={onLeave}>
            Leave the room
          </button>
        </p>
      </div>
      {!consented && because === null && (
        <details>
          <summary>What you agree to when you agree again</summary>
          <Paragraphs text={text} />
        </details>
      )}
      <Withdrawal receipts={receipts} deleting={deleting} onAskAgain={() => publication.withdraw()} />
      {state.value.participant !== null && textVersion !== null && <OwnLink publication={publication} />}
      <p>
        In room {terms.room} as {name}. <span role="status">{connectionWords(state.value)}</span>
      </p>
      {state.value.error !== null && (
        <p class="notice fault" role="alert">
          {state.value.error.message}
        </p>
      )}
      {lacking !== null && <p class="notice">{lacking}</p>}
      <div class="row">
        <button type="button" aria-pressed={muted} disabled={!hasVoice} onClick={() => publication.mute(!muted)}>
          Mute voice
        </button>
        <button
          type="button"
          aria-pressed={cameraOff}
          disabled={!hasFace}
          onClick={() => publication.cameraOff(!cameraOff)}
        >
          Hide face
        </button>
      </div>
      {source === 'sample' && (
        <p class="quiet">Keep this window in sight: browsers stop clips in tabs that are hidden.</p>
      )}
    </section>
  );
}

/** What is sent, as it is sent: black while the face is hidden. */
export function SelfView({
  video,
  mirrored,
}: {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly mirrored: boolean;
}) {
  return (
    <video class="self" data-mirrored={mirrored} ref={video} muted playsInline autoplay aria-label="What is sent" />
  );
}

function noticeOf(source: SourceName, { consented, connection }: PublicationState): string {
  if (!consented) return 'Not analysed: nothing is sent';
  const [who, is] = source === 'camera' ? ['You', 'are'] : ['The sample clip', 'is'];
  return connection === 'connecting' ? `${who} will be analysed once connected` : `${who} ${is} being analysed`;
}

function connectionWords({ connection }: PublicationState): string {
  switch (connection) {
    case 'connecting':
      return 'Connecting.';
    case 'live':
      return 'Connected.';
    case 'reconnecting':
      return 'Connection lost; trying again.';
    case 'ended':
      return 'The connection has ended.';
  }
}
