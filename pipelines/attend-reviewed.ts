/** A live participant as `attend` serves them, with what review needs beside: their last seconds, and their verdicts followed. */
import { EMPTY, Observable, combineLatest, distinctUntilChanged, map, startWith } from 'rxjs';
import type { RoomSettings } from '../src/domain/trust.ts';
import type { MediaSource } from '../src/ports.ts';
import { attend } from './attend.ts';
import type { AttendDeps } from './attend.ts';
import { record } from './record.ts';
import type { Review } from './review.ts';
import type { Served } from './serve.ts';

/** What a live participant whose windows may be reviewed needs. */
export interface AttendReviewedDeps extends AttendDeps {
  readonly review: Pick<Review, 'follow'>;
  /** Under which settings anything of them may be kept; null: nothing may. */
  readonly agreed: () => RoomSettings | null;
  /** Emits when `agreed` may have changed without a change of consent: a room's settings were saved. Default never. */
  readonly configured?: Observable<unknown>;
}

/** As `attend`. Media is held, and verdicts are followed, for as long as this is subscribed to. */
export function attendReviewed(source: MediaSource, deps: AttendReviewedDeps): Observable<Served> {
  const { review, agreed, configured = EMPTY, consent, windows, meter } = deps;
  return new Observable<Served>((subscriber) => {
    const wanted = combineLatest([consent, configured.pipe(startWith(null))]).pipe(
      map(([granted]) => granted && agreed()?.clips === true),
      distinctUntilChanged(),
    );
    const recording = record(source, { wanted, windows, meter });
    const evidence = (startMs: number, endMs: number) => recording.evidence(startMs, endMs);
    const follower = review.follow({ ref: source.ref, consent, agreed, evidence });
    const subscription = attend(recording.source, deps).subscribe({
      next(news) {
        if (news.kind === 'verdict') follower.hear(news.event);
        subscriber.next(news);
      },
      error(error: unknown) {
        subscriber.error(error);
      },
      complete() {
        subscriber.complete();
      },
    });
    return () => {
      subscription.unsubscribe();
      follower.end();
      recording.end();
    };
  });
}
