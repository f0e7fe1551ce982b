/** The clip that was judged: plays as soon as it is there. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Clip } from './clip.ts';

/** What the player needs to know. */
export interface ClipPlayerProps {
  readonly clip: Clip;
  /** Set to the element while there is one. */
  readonly video: { current: HTMLVideoElement | null };
}

/** The clip, or why there is none. */
export function ClipPlayer({ clip, video }: ClipPlayerProps) {
  const silent = useSignal(false);
  const state = clip.state.value;
  useEffect(() => {
    if (state.name === 'ready') void start(video.current).then((heard) => (silent.value = !heard));
  }, [state.name]);
  if (state.name === 'loading')
    return (
      <p class="clip waiting" role="status">
        Loading the clip
      </p>
    );
  if (state.name === 'none') return <p class="clip waiting">No clip is kept of this item</p>;
  if (state.name === 'failed')
    return (
      <div class="clip waiting" role="alert">
        <p>The clip could not be loaded: {state.why}</p>
        <button type="button" onClick={() => clip.again()}>
          Load it again
        </button>
      </div>
    );
  return (
    <div class="clip-frame">
      <video
        class="clip"
        ref={video}
        src={state.url}
        controls
        playsInline
        aria-label="The clip that was judged"
        onVolumeChange={({ currentTarget }) => (silent.value = currentTarget.muted)}
      />
      {silent.value && (
        <p class="clip-hint notice" role="status">
          Press <kbd>Space</kbd> to hear it: browsers play sound once a key was pressed.
        </p>
      )}
    </div>
  );
}

/** Play from the start, with sound: somebody asked for it. */
export function replay(video: HTMLVideoElement | null): void {
  if (video === null) return;
  video.muted = false;
  video.currentTime = 0;
  // Where it cannot be played the controls say so.
  video.play().catch(() => undefined);
}

/** Play as soon as it is there: silently where the browser waits for a key before it plays sound. @returns whether it is heard. */
async function start(video: HTMLVideoElement | null): Promise<boolean> {
  if (video === null) return true;
  try {
    await video.play();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return true;
    video.muted = true;
    await video.play().catch(() => undefined);
    return false;
  }
}
