/** One participant from joining to leaving: media in, windows to the broker, their verdicts back as news for the room. */
import { EMPTY, NEVER, Observable, catchError, endWith, ignoreElements, merge, takeUntil, tap } from 'rxjs';
import type { VerdictEvent } from '../src/domain.ts';
import type { Broker, MediaSource } from '../src/ports.ts';
import type { SegmentOptions } from '../src/core/segments.ts';
import { ingest } from './ingest.ts';
import type { IngestDeps } from './ingest.ts';
import { createPending } from './pending.ts';
import { serve } from './serve.ts';
import type { Served } from './serve.ts';

/** What a live participant needs. */
export interface AttendDeps extends Omit<IngestDeps, 'pace' | 'pending'> {
  readonly broker: Broker;
  /** What may be told of a verdict now; consent may have been withdrawn since its window closed. */
  readonly screen: (event: VerdictEvent) => VerdictEvent;
  readonly segments?: SegmentOptions;
  /** When it emits no further window is cut; those that were still get their verdict. Default never. */
  readonly draining?: Observable<unknown>;
}

/**
 * What a room is told of a live participant. Ends when `consent` completes, which is when they leave; media that fails
 * sooner ends their windows only.
 */
export function attend(source: MediaSource, deps: AttendDeps): Observable<Served> {
  const { broker, consent, screen, segments, draining = NEVER } = deps;
  const left = consent.pipe(ignoreElements(), endWith(null));
  const { room, participant } = source.ref;
  const verdicts = new Observable<VerdictEvent>((subscriber) =>
    broker.onVerdict((event) => {
      if (event.room === room && event.participant === participant) subscriber.next(screen(event));
    }),
  );
  const windows = ingest(source, { ...deps, pace: 'live', pending: createPending() }).pipe(
    tap((window) => {
      broker.publishWindow(window);
    }),
    ignoreElements(),
    catchError(() => EMPTY),
    takeUntil(merge(left, draining)),
  );
  return merge(serve(verdicts.pipe(takeUntil(left)), segments), windows);
}
