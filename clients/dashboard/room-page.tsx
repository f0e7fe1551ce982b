/** A room: its state, the controls of time, and its participants side by side. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { isBusy, loadWords } from '../load-words.ts';
import { Card } from './card.tsx';
import type { Followed, Greeting } from './follow.ts';
import { lensOf } from './lens.ts';
import { LimitPanel } from './limit-panel.tsx';
import { keepPlace, keptPlace } from './limit-place.ts';
import type { RoomView } from './store.ts';
import { PageLinks } from '../page-links.tsx';
import { TimeControls } from './time-controls.tsx';

/** What the page of a room needs to know. */
export interface RoomPageProps {
  readonly followed: Followed;
  readonly greeting: Greeting;
}

/** The page of one room. */
export function RoomPage({ followed, greeting }: RoomPageProps) {
  const { room, view, error, nowMs, limits } = followed;
  const place = useSignal(keptPlace(window, room, limits));
  useSignalEffect(() => {
    keepPlace(window, room, limits, place.value);
  });
  const lens = useComputed(() => lensOf(limits, place.value));
  const connection = useComputed(() => view.value.connection).value;
  const busy = useComputed(() => busyWords(view.value.load, greeting.server.hopMs)).value;
  const present = useComputed(() => presentIn(view.value)).value;
  // As text, which is equal when nobody came or went: the page is not drawn anew for every verdict.
  const ids = useComputed(() => JSON.stringify(idsInOrder(view.value))).value;
  const participants = JSON.parse(ids) as readonly string[];
  return (
    <>
      <header class="bar">
        <h1>
          <span class="quiet">Room</span> {room}
        </h1>
        <PageLinks here="watch" role={greeting.server.role} />
        <Rooms rooms={greeting.server.rooms} current={room} />
        <p class="connection" data-state={connection} role="status" title={error.value?.message}>
          {connectionWords(connection, present)}
        </p>
        {participants.length > 0 && <TimeControls view={view} cadence={greeting.server} />}
      </header>
      <main id="main" tabIndex={-1} aria-busy={connection === 'connecting'}>
        {busy !== null && (
          <p class="busy" role="status" title={BUSY_MEANS}>
            {busy}
          </p>
        )}
        {error.value !== null && participants.length === 0 && (
          <p class="notice fault" role="alert">
            Room {room} cannot be shown: {error.value.message}
          </p>
        )}
        {participants.length === 0 && connection === 'live' && <EmptyRoom room={room} />}
        {participants.length > 0 && limits.steps.length > 1 && (
          <LimitPanel limits={limits} place={place} view={view} nowMs={nowMs} pack={greeting.server.pack} />
        )}
        <div class="cards">
          {participants.map((id) => (
            <Card
              key={id}
              id={id}
              view={view}
              nowMs={nowMs}
              greeting={greeting}
              limits={limits}
              place={place}
              lens={lens}
            />
          ))}
        </div>
        {participants.length > 0 && <JoinLinks room={room} />}
      </main>
      <Footer greeting={greeting} view={view} adjustable={limits.steps.length > 1} />
    </>
  );
}

function Rooms({ rooms, current }: { readonly rooms: readonly string[]; readonly current: string }) {
  if (rooms.length < 2) return null;
  return (
    <nav aria-label="Rooms" class="row rooms">
      {rooms.map((room) => (
        <a key={room} href={`/?room=${encodeURIComponent(room)}`} aria-current={room === current ? 'page' : undefined}>
          {room}
        </a>
      ))}
    </nav>
  );
}

/**
 * Joining opens a window of its own, beside this one: browsers stop clips in tabs that are hidden. A window that is
 * opened, and a tab with `rel="opener"`, get a copy of this tab's token.
 */
function JoinLinks({ room }: { readonly room: string }) {
  const join = `/join?room=${encodeURIComponent(room)}`;
  return (
    <nav aria-label="Join" class="row">
      <a class="button" href={join} target="_blank" rel="opener" onClick={openBeside}>
        Join with camera
      </a>
      <a class="button" href={`${join}&sample`} target="_blank" rel="opener" onClick={openBeside}>
        Join with the sample clip
      </a>
    </nav>
  );
}

function openBeside(event: MouseEvent & { readonly currentTarget: HTMLAnchorElement }) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (window.open(event.currentTarget.href, '_blank', 'popup,width=520,height=860') !== null) event.preventDefault();
}

function EmptyRoom({ room }: { readonly room: string }) {
  return (
    <section class="sheet" aria-labelledby="empty">
      <h2 class="headline" id="empty">
        Nobody is in the room yet
      </h2>
      <p>
        Join with your camera and microphone, or with a sample clip if you would rather look first. Verdicts appear here
        within seconds.
      </p>
      <JoinLinks room={room} />
    </section>
  );
}

interface FooterProps {
  readonly greeting: Greeting;
  readonly view: Followed['view'];
  /** Whether there is a slider of accepted error. */
  readonly adjustable: boolean;
}

function Footer({ greeting, view, adjustable }: FooterProps) {
  const { pack, windowMs, hopMs, version } = greeting.server;
  const calibration = useComputed(() => calibrationIn(view.value)).value;
  return (
    <footer class="foot quiet">
      <p>
        Probabilities say what raters would perceive in a voice and a face, never what a person feels. Dotted lines are
        the thresholds above which a label is said; hatching is time without a verdict; a wedge marks where a segment
        began. The square and the band below place it by valence and arousal, derived from votes for labels.
      </p>
      <p>
        Model{' '}
        <span title={calibrationWords(calibration)}>
          {pack.name}@{pack.version}
          {calibration !== null && ', calibrated by reviewers'}
        </span>
        , a window of {windowMs / 1000} s every {hopMs / 1000} s. Undertone {version}.
        {!adjustable && ' It promises no other limits on accepted error: undertone reject fit makes a pack that does.'}
      </p>
    </footer>
  );
}

/** The calibration that the newest verdict of all came from. */
function calibrationIn({ participants }: RoomView): string | null {
  const latest = [...participants.values()].flatMap(({ verdicts }) => verdicts.at(-1)?.verdict ?? []);
  return latest.sort((a, b) => a.endMs - b.endMs).at(-1)?.calibration ?? null;
}

function calibrationWords(calibration: string | null): string {
  if (calibration === null) return 'As the pack was made: no calibration by reviewers is in force';
  return `Calibration ${calibration}, fitted on reviewers' answers, is in force on top of the pack`;
}

const BUSY_MEANS =
  'More is asked of the server than it can judge, so everybody is judged less often, and no verdict comes late. It does all of it again as soon as it can.';

function busyWords(load: RoomView['load'], hopMs: number): string | null {
  if (load === null || !isBusy(load, hopMs)) return null;
  return `The host is busy: ${loadWords(load)}`;
}

function connectionWords(connection: RoomView['connection'], present: number): string {
  if (connection === 'connecting') return 'connecting';
  if (connection === 'lost') return 'disconnected, trying again';
  return `live, ${present} ${present === 1 ? 'participant' : 'participants'}`;
}

function presentIn({ participants }: RoomView): number {
  return [...participants.values()].filter(({ leftMs }) => leftMs === null).length;
}

function idsInOrder({ participants }: RoomView): readonly string[] {
  return [...participants.values()]
    .map(({ state }) => state)
    .sort((a, b) => a.joinedMs - b.joinedMs || a.id.localeCompare(b.id))
    .map(({ id }) => id);
}
