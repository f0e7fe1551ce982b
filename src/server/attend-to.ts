import { Observable } from 'rxjs';
import type { Admission } from '../../pipelines/admission.ts';
import { attendReviewed } from '../../pipelines/attend-reviewed.ts';
import type { AttendReviewedDeps } from '../../pipelines/attend-reviewed.ts';
import type { VerdictEvent } from '../domain.ts';
import type { Joined } from '../io/participant.ts';
import type { People } from '../io/people.ts';
import type { Rooms } from '../io/rooms.ts';

/** What somebody who has joined meets. */
export interface AttendToDeps {
  readonly attending: Omit<AttendReviewedDeps, 'consent' | 'agreed' | 'configured' | 'screen' | 'turns'>;
  /** In which hops somebody's windows are cut. */
  readonly turns: Admission['turns'];
  readonly people: Pick<People, 'onConfigured'>;
  readonly rooms: Pick<Rooms, 'screen' | 'publishVerdict' | 'publishSegment'>;
}

/**
 * Let somebody's media be judged, and tell the room.
 * @returns how to stop, when they have left.
 */
export function attendTo(
  { source, consent, agreed }: Joined,
  { attending, turns, people, rooms }: AttendToDeps,
): () => void {
  const configured = new Observable<null>((subscriber) =>
    people.onConfigured(() => {
      subscriber.next(null);
    }),
  );
  const screen = (event: VerdictEvent) => rooms.screen(event);
  const subscription = attendReviewed(source, {
    ...attending,
    turns: turns(source.ref),
    consent,
    agreed,
    configured,
    screen,
  }).subscribe((news) => {
    if (news.kind === 'verdict') rooms.publishVerdict(news.event);
    else {
      if (!news.segment.open) attending.meter.count('undertone_segments_total', { status: news.segment.status });
      rooms.publishSegment(source.ref, news.segment);
    }
  });
  return () => {
    subscription.unsubscribe();
  };
}
