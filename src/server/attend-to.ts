import { map } from 'rxjs';
import { attend } from '../../pipelines/attend.ts';
import type { AttendDeps } from '../../pipelines/attend.ts';
import { record } from '../../pipelines/record.ts';
import type { Review } from '../../pipelines/review.ts';
import type { VerdictEvent } from '../domain.ts';
import type { Joined } from '../io/participant.ts';
import type { Rooms } from '../io/rooms.ts';

/** What somebody who has joined meets. */
export interface AttendToDeps {
  readonly attending: Omit<AttendDeps, 'consent' | 'screen'>;
  readonly review: Review;
  readonly rooms: Pick<Rooms, 'screen' | 'publishVerdict' | 'publishSegment'>;
}

/**
 * Let somebody's media be judged: the room is told of verdicts and segments, and what the room keeps, or asks people about, is
 * followed beside it.
 * @returns how to stop, when they have left.
 */
export function attendTo({ source, consent, agreed }: Joined, { attending, review, rooms }: AttendToDeps): () => void {
  const { windows, meter } = attending;
  const wanted = consent.pipe(map((granted) => granted && agreed()?.clips === true));
  const recording = record(source, { wanted, windows, meter });
  const follower = review.follow({ ref: source.ref, consent, agreed, evidence: recording.evidence });
  const screen = (event: VerdictEvent) => rooms.screen(event);
  const subscription = attend(recording.source, { ...attending, consent, screen }).subscribe((news) => {
    if (news.kind === 'verdict') {
      rooms.publishVerdict(news.event);
      follower.hear(news.event);
    } else {
      if (!news.segment.open) meter.count('undertone_segments_total', { status: news.segment.status });
      rooms.publishSegment(source.ref, news.segment);
    }
  });
  return () => {
    subscription.unsubscribe();
    follower.end();
    recording.end();
  };
}
