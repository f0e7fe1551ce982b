/** One item fills the screen: its clip, the labels as keys, and what was said of the item before. */
import { useEffect, useRef } from 'preact/hooks';
import type { Desk, Loaded } from './desk.ts';
import { AttributeSquare } from './attribute-square.tsx';
import { LabelKeys } from './label-keys.tsx';
import { LastAnswer } from './last-answer.tsx';
import { ProgressBar } from './progress-bar.tsx';
import { onKey } from './keys.ts';

/** What the page needs to know. */
export interface ReviewPageProps {
  readonly desk: Desk;
}

/** The page of a reviewer. */
export function ReviewPage({ desk }: ReviewPageProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      onKey(event, desk, () => replay(video.current));
    };
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
    };
  }, [desk]);
  const now = desk.current.value;
  const problem = desk.problem.value;
  return (
    <>
      <header class="bar">
        <h1>Review</h1>
        <ProgressBar progress={desk.progress.value} />
      </header>
      <main id="main" tabIndex={-1} aria-busy={desk.busy.value}>
        {problem !== null && problem.code !== 'unauthenticated' && (
          <p class="notice fault" role="alert">
            {problem.message}
          </p>
        )}
        {now === null ? (
          <Nothing desk={desk} />
        ) : (
          <Item key={now.claimed.reservation} now={now} desk={desk} video={video} />
        )}
        <LastAnswer last={desk.last.value} onUndo={() => void desk.undo()} />
      </main>
      <footer class="foot quiet">
        <p>
          Say what you perceive in the voice and the face, whatever you think the person feels. Others answer the same
          items; neither they nor the model’s opinion are shown before you have answered.
        </p>
        <p>
          <kbd>1</kbd> to <kbd>8</kbd> labels, <kbd>0</kbd> cannot tell, <kbd>Enter</kbd> send, <kbd>Space</kbd> play
          again, <kbd>S</kbd> skip, <kbd>U</kbd> undo
        </p>
      </footer>
    </>
  );
}

function Nothing({ desk }: ReviewPageProps) {
  if (desk.busy.value && desk.progress.value === null) return <p class="sheet">Looking for an item</p>;
  return (
    <section class="sheet" aria-labelledby="nothing">
      <h2 class="headline" id="nothing">
        Nothing to review
      </h2>
      <p>
        Items come from rooms that keep clips: what the monitor rejected, a random share of what it accepted, and what
        would teach it most. This page looks again every few seconds.
      </p>
      <div class="row">
        <button type="button" onClick={() => void desk.look()}>
          Look now
        </button>
      </div>
    </section>
  );
}

interface ItemProps {
  readonly now: Loaded;
  readonly desk: Desk;
  readonly video: { current: HTMLVideoElement | null };
}

function Item({ now, desk, video }: ItemProps) {
  const { item } = now.claimed;
  const seen = item.modalities.join(' and ');
  return (
    <article class="item" aria-label={`Item of room ${item.room}`}>
      <section class="evidence" aria-label="Clip">
        <Clip now={now} video={video} />
        <p class="quiet">
          Room {item.room}, {when(item.startMs)}, {((item.endMs - item.startMs) / 1000).toFixed(1)} s
          {seen !== '' && `, judged by ${seen}`}. Answer {(item.answers + 1).toString()} of {item.raters.toString()}.
        </p>
      </section>
      <section class="saying" aria-label="Your answer">
        <h2 class="headline">What do you perceive?</h2>
        <LabelKeys desk={desk} />
        <AttributeSquare attributes={desk.draft.value.attributes} onPlace={(place) => desk.place(place)} />
        <div class="row">
          <button
            type="button"
            class="primary"
            disabled={!desk.complete.value || desk.busy.value}
            onClick={() => void desk.send()}
          >
            Send <kbd>Enter</kbd>
          </button>
          <button type="button" disabled={desk.busy.value} onClick={() => void desk.skip()}>
            Skip <kbd>S</kbd>
          </button>
        </div>
      </section>
    </article>
  );
}

function Clip({ now, video }: Pick<ItemProps, 'now' | 'video'>) {
  const url = now.clip.value;
  if (url === undefined) return <p class="clip waiting">Loading the clip</p>;
  if (url === null) return <p class="clip waiting">No clip is kept of this item</p>;
  return (
    <video class="clip" ref={video} src={url} autoPlay controls playsInline aria-label="The clip that was judged" />
  );
}

function replay(video: HTMLVideoElement | null): void {
  if (video === null) return;
  video.currentTime = 0;
  // A browser may refuse to play sound before the page was clicked; the controls are there.
  video.play().catch(() => undefined);
}

function when(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
