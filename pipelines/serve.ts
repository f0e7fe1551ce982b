/** Hop 11 of a frame's life: one participant's verdicts back in order, and into segments. */
import { Observable } from 'rxjs';
import type { Segment, VerdictEvent } from '../src/domain.ts';
import { IN_ORDER, reorder } from '../src/core/reorder.ts';
import type { Reorder } from '../src/core/reorder.ts';
import { NO_SEGMENT, endSegments, segment } from '../src/core/segments.ts';
import type { SegmentOptions } from '../src/core/segments.ts';

/** What subscribers of a room are told of a participant. */
export type Served =
  { readonly kind: 'verdict'; readonly event: VerdictEvent } | { readonly kind: 'segment'; readonly segment: Segment };

/**
 * Verdicts that may wait for one before them. A run of a large encoder may take two minutes before it is given up, 240 hops of half a
 * second; its windows are not lost for that.
 */
const MOST_HELD = 256;

/**
 * Verdicts of one participant, in any order, into verdicts in order and the segments they make. When `verdicts` completes,
 * the open segment is closed.
 */
export function serve(verdicts: Observable<VerdictEvent>, options: SegmentOptions = {}): Observable<Served> {
  return new Observable<Served>((subscriber) => {
    let order: Reorder<VerdictEvent> = IN_ORDER;
    let segments = NO_SEGMENT;
    const tell = (changed: readonly Segment[]): void => {
      for (const each of changed) subscriber.next({ kind: 'segment', segment: each });
    };
    return verdicts.subscribe({
      next(event) {
        const [nextOrder, released] = reorder(order, event, { capacity: MOST_HELD });
        order = nextOrder;
        for (const each of released) {
          subscriber.next({ kind: 'verdict', event: each });
          const [next, changed] = segment(segments, each.verdict, options);
          segments = next;
          tell(changed);
        }
      },
      error(error: unknown) {
        subscriber.error(error);
      },
      complete() {
        tell(endSegments(segments)[1]);
        subscriber.complete();
      },
    });
  });
}
