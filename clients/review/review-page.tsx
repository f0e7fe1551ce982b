/** One item fills the screen: its clip, the labels as keys, and what was said of the item before. */
import { useEffect, useRef } from 'preact/hooks';
import { PageLinks } from '../page-links.tsx';
import { Problem } from '../problem.tsx';
import type { OperationAnswer } from '../../src/protocol/api.ts';
import type { Desk } from './desk.ts';
import type { Loaded } from './pile.ts';
import { AttributeSquare } from './attribute-square.tsx';
import { ClipPlayer, replay } from './clip-player.tsx';
import { LabelKeys } from './label-keys.tsx';
import { LastAnswer } from './last-answer.tsx';
import { ProgressBar } from './progress-bar.tsx';
import { onKey } from './keys.ts';

/** What the page needs to know. */
export interface ReviewPageProps {
  readonly desk: Desk;
  readonly me: OperationAnswer<'me'>;
}

/** The page of a reviewer. */
export function ReviewPage({ desk, me }: ReviewPageProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      desk.attend();
      onKey(event, desk, () => replay(video.current));
    };
    const point = () => desk.attend();
    document.addEventListener('keydown', press);
    document.addEventListener('pointerdown', point);
    return () => {
      document.removeEventListener('keydown', press);
      document.removeEventListener('pointerdown', point);
    };
  }, [desk]);
  const now = desk.current.value;
  return (
    <>
      <header class="bar">
        <h1>Review</h1>
        <PageLinks here="review" role={me.role} />
        <ProgressBar progress={desk.progress.value} agreement={desk.agreement.value} reviewer={me.subject} />
      </header>
      <main id="main" tabIndex={-1} aria-busy={desk.busy.value}>
        <Problem problem={desk.problem.value} />
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
        <p class="keys">
          <kbd>1</kbd> to <kbd>8</kbd> labels, <kbd>0</kbd> cannot tell, <kbd>Enter</kbd> send, <kbd>Space</kbd> play
          again, arrows valence and arousal, <kbd>S</kbd> skip, <kbd>U</kbd> undo
        </p>
      </footer>
    </>
  );
}

function Nothing({ desk }: { readonly desk: Desk }) {
  if (!desk.empty.value) {
    const words = desk.problem.value === null ? 'Looking for an item' : 'Trying again every few seconds';
    return (
      <p class="sheet" role="status">
        {words}
      </p>
    );
  }
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
    <article class="item" aria-label={`Item of room ${item.room}`} data-item={item.id}>
      <section class="evidence" aria-label="Clip">
        <ClipPlayer clip={now.clip} video={video} />
        <p class="quiet">
          Room {item.room}, {when(item.startMs)}, {((item.endMs - item.startMs) / 1000).toFixed(1)} s
          {seen !== '' && `, judged by ${seen}`}. Answer {item.answers + 1} of {item.raters}.
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

function when(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
