/** While somebody is in the room: what is sent, whether they are analysed, and how to stop. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SourceName } from './capture.ts';
import type { Publication, PublicationState } from './publication.ts';

/** What the page of a participant needs to know. */
export interface LiveProps {
  readonly room: string;
  readonly name: string;
  readonly source: SourceName;
  readonly publication: Publication;
  readonly stream: MediaStream;
  /** Which of voice and face is not there, in words. */
  readonly lacking: string | null;
  readonly onLeave: () => void;
}

/** The notice that stays, what can be switched, and where the connection stands. */
export function Live({ room, name, source, publication, stream, lacking, onLeave }: LiveProps) {
  const state = useSignal(publication.state);
  useEffect(() => publication.on((next) => (state.value = next)), [publication]);
  const { consented, muted, cameraOff } = state.value;
  const [hasVoice, hasFace] = [stream.getAudioTracks().length > 0, stream.getVideoTracks().length > 0];
  return (
    <section class="sheet" aria-labelledby="live">
      <div class="notice analysed" data-on={consented}>
        <div role="status">
          <h1 class="headline" id="live">
            {noticeOf(source, state.value)}
          </h1>
        </div>
        <p class="row">
          {consented ? (
            <button type="button" onClick={() => publication.withdraw()}>
              Withdraw consent
            </button>
          ) : (
            <button type="button" onClick={() => publication.agree()}>
              Agree again
            </button>
          )}
          <button type="button" onClick={onLeave}>
            Leave the room
          </button>
        </p>
      </div>
      <p>
        In room {room} as {name}. <span role="status">{connectionWords(state.value)}</span>
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
