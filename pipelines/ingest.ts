/** Hops 4 and 5 of a frame's life: one participant's media into features, and features into windows. */
import {
  EMPTY,
  concat,
  connect,
  defer,
  endWith,
  filter,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import type { Observable } from 'rxjs';
import type { Window } from '../src/domain.ts';
import type { Clock, Inference, MediaEvent, MediaSource, Meter } from '../src/ports.ts';
import type { Turn } from '../src/core/admission/ladder.ts';
import { SAMPLE_RATE_HZ } from '../src/core/features.ts';
import { createWindows } from '../src/core/windows.ts';
import type { WindowOptions, Windows } from '../src/core/windows.ts';
import { watchFace } from './faces.ts';
import type { Pending } from './pending.ts';
import { hearVoice } from './voice.ts';

/** What turning media into windows needs. */
export interface IngestDeps {
  readonly inference: Pick<Inference, 'detectFaces' | 'detectSpeech'>;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Counts the calls to `inference` in flight; a file waits for them. */
  readonly pending: Pending;
  /** Whether the participant agrees to be analysed, now and whenever it changes. */
  readonly consent: Observable<boolean>;
  /**
   * `live`: windows close by the clock, and what cannot be kept up with is skipped and counted. `file`: time is the
   * media's own, windows close as it passes, and nothing is skipped provided the source waits for `pending`.
   */
  readonly pace: 'live' | 'file';
  readonly windows: WindowOptions;
  /** In which hops windows are cut, live: now, and whenever it changes. Default: in every one. */
  readonly turns?: Observable<Turn>;
}

/** How often the clock is looked at for windows that are due, ms: adds at most this to the latency of a verdict. */
const TICK_MS = 20;

/**
 * A participant's windows, in order, `seq` from 0 without holes. Completes when the source does.
 * @example ingest(peer, deps).subscribe((window) => broker.publishWindow(window));
 */
export function ingest(source: MediaSource, deps: IngestDeps): Observable<Window> {
  return defer(() => {
    const originMs = deps.pace === 'live' ? deps.clock.now() : 0;
    const windows = createWindows(source.ref, originMs, deps.windows);
    return source.events.pipe(
      connect((events) => {
        const fed = feed(events, windows, deps);
        return deps.pace === 'live' ? closeByClock(fed, windows, deps) : closeByMedia(events, fed, windows);
      }),
      tap(countLeftOut(windows, deps.meter)),
    );
  });
}

/** Counts the windows that the schedule left out when it moved on. */
function countLeftOut(windows: Pick<Windows, 'leftOut'>, meter: Meter): () => void {
  let counted = 0;
  return () => {
    const more = windows.leftOut - counted;
    if (more > 0) meter.count('undertone_discarded_total', { queue: 'schedule', reason: 'overload' }, more);
    counted = windows.leftOut;
  };
}

/** Everything that goes into the windows; emits nothing, completes when the media has ended and all of it is in. */
function feed(events: Observable<MediaEvent>, windows: Windows, deps: IngestDeps): Observable<never> {
  const ended = events.pipe(ignoreElements(), endWith(null));
  const states = events.pipe(
    tap((event) => {
      if (event.kind === 'track') windows.setTrack(event.modality, event.state);
      if (event.kind === 'discontinuity') windows.clear(event.modality);
    }),
  );
  const consent = deps.consent.pipe(
    takeUntil(ended),
    tap((granted) => {
      windows.setConsent(granted);
    }),
  );
  const sound = events.pipe(
    filter((event) => event.kind === 'audio'),
    map(({ chunk }) => chunk),
  );
  const frames = events.pipe(
    filter((event) => event.kind === 'video'),
    map(({ frame }) => frame),
  );
  return merge(
    consent.pipe(ignoreElements()),
    states.pipe(ignoreElements()),
    hearVoice(sound, windows, deps),
    watchFace(frames, windows, deps),
  );
}

function closeByClock(
  fed: Observable<never>,
  windows: Windows,
  { clock, turns = EMPTY }: IngestDeps,
): Observable<Window> {
  const turning = turns.pipe(
    tap((turn) => {
      windows.setTurn(turn, clock.now());
    }),
    ignoreElements(),
  );
  const due = interval(TICK_MS).pipe(mergeMap(() => windows.close(clock.now())));
  return merge(turning, fed.pipe(endWith(null)), due).pipe(takeWhile((window) => window !== null));
}

function closeByMedia(events: Observable<MediaEvent>, fed: Observable<never>, windows: Windows): Observable<Window> {
  let endMs = 0;
  const closeAt = (timeOf: (event: MediaEvent) => number) =>
    events.pipe(
      mergeMap((event) => {
        endMs = Math.max(endMs, timeOf(event));
        return windows.close(endMs);
      }),
    );
  return concat(
    // What comes after a gap must not take the place of what came before it: the gap's windows are closed first.
    merge(closeAt(beginOf), fed, closeAt(endOf)),
    defer(() => windows.flush(endMs)),
  );
}

function beginOf(event: MediaEvent): number {
  if (event.kind === 'audio') return event.chunk.captureMs;
  return event.kind === 'video' ? event.frame.captureMs : 0;
}

function endOf(event: MediaEvent): number {
  const lengthMs = event.kind === 'audio' ? (event.chunk.samples.length * 1000) / SAMPLE_RATE_HZ : 0;
  return beginOf(event) + lengthMs;
}
