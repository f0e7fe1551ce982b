/** One participant's verdicts into what is kept of them, and of segments that are drawn into review items. */
import type { Observable } from 'rxjs';
import { NOTHING_WITNESSED, endWitnessing, forgetWitnessed, witness } from '../src/core/review/doubtful-window.ts';
import type { ClosedSegment, Witnessing } from '../src/core/review/doubtful-window.ts';
import type { Candidate, Selection } from '../src/core/review/selection.ts';
import type { SegmentOptions } from '../src/core/segments.ts';
import type { ParticipantRef, VerdictEvent } from '../src/domain.ts';
import type { Evidence, SegmentRecord } from '../src/domain/review.ts';
import type { ReviewPolicy, RoomSettings } from '../src/domain/trust.ts';
import type { Clock } from '../src/ports.ts';
import type { AskPeople } from './ask-people.ts';
import type { ScoreKeeper } from './keep-scores.ts';

/** What following participants needs; one for all of a server. */
export interface FollowDeps {
  readonly scores: Pick<ScoreKeeper, 'add' | 'forget'>;
  readonly items: Pick<AskPeople, 'ask'>;
  /** Draws whether people are asked about a segment. */
  readonly select: (candidate: Candidate, policy: ReviewPolicy) => Selection | null;
  readonly clock: Clock;
  /** A new id, unlike any before. */
  readonly newId: () => string;
  /** Default: segments are kept in pieces of a minute, so that none waits for ever for its end. */
  readonly segments?: SegmentOptions;
}

/** Somebody whose verdicts are followed. */
export interface FollowedPerson {
  readonly ref: ParticipantRef;
  /** Whether they consent: the present answer at once, then every change. */
  readonly consent: Observable<boolean>;
  /** Under which settings anything of them may be kept; null once they have withdrawn, still there when they have left. */
  readonly agreed: () => RoomSettings | null;
  /** What was taken in of [startMs, endMs). */
  readonly evidence: (startMs: number, endMs: number) => Evidence | null;
}

/** One participant's way to the store. */
export interface Follower {
  /** Each verdict, in the order of windows, as the room is told of it. */
  hear(event: VerdictEvent): void;
  /** They have left, or the server ends: what is open is finished. Repeating it is harmless. */
  end(): void;
}

/** A segment that goes on for longer is kept in pieces, ms. */
const PIECE_MS = 60_000;

/**
 * Follow one participant. Nothing here waits: what is kept goes through bounded queues.
 *
 * Segments are made anew from the verdicts, as those that rooms are told of but for one thing: a segment of a minute is closed
 * and goes on as another. While one lasts, the evidence of at most two windows is held: the one of greatest doubt in it, and
 * in what may follow it. When consent is withdrawn everything is dropped at once, also what waits or is being made; a
 * participant who leaves has their last segment closed.
 * @example const follower = follow(person, deps); told.subscribe((news) => news.kind === 'verdict' && follower.hear(news.event));
 */
export function follow(person: FollowedPerson, deps: FollowDeps): Follower {
  const { ref, agreed } = person;
  const options = { maxMs: PIECE_MS, ...deps.segments };
  let state: Witnessing<Evidence> = NOTHING_WITNESSED;
  let unwanted = new AbortController();
  let isOver = false;

  function forget(): void {
    state = forgetWitnessed(state);
    unwanted.abort();
    unwanted = new AbortController();
    void deps.scores.forget(ref);
  }

  const subscription = person.consent.subscribe((granted) => {
    // Leaving looks like a no too, but what was agreed to stays.
    if (!granted && agreed() === null) forget();
  });

  function keep(closed: ClosedSegment<Evidence>, settings: RoomSettings): void {
    const id = deps.newId();
    deps.scores.add({ kind: 'segment', row: recordOf(id, ref, closed) });
    if (!settings.clips) return;
    const { event, evidence } = closed.witness;
    const { verdict, packProbabilities } = event;
    const selection = deps.select({ verdict, packProbabilities }, settings.review);
    if (selection === null) return;
    const { raters } = settings.review;
    const createdMs = deps.clock.now();
    const item = { ...ref, id: deps.newId(), segment: id, createdMs, ...selection, verdict, packProbabilities, raters };
    deps.items.ask(item, evidence, unwanted.signal);
  }

  return {
    hear(event) {
      const settings = agreed();
      const { verdict } = event;
      if (isOver || settings === null || settings.keeping === 'nothing' || verdict.reason === 'not-consented') {
        state = forgetWitnessed(state);
        return;
      }
      if (settings.keeping === 'windows')
        deps.scores.add({ kind: 'verdict', row: { ...ref, seq: event.seq, verdict } });
      const evidenceOf = () => (settings.clips ? person.evidence(verdict.startMs, verdict.endMs) : null);
      const [next, closed] = witness(state, event, evidenceOf, options);
      state = next;
      if (closed !== null) keep(closed, settings);
    },
    end() {
      if (isOver) return;
      isOver = true;
      subscription.unsubscribe();
      const settings = agreed();
      const [next, closed] = endWitnessing(state);
      state = next;
      if (closed !== null && settings !== null && settings.keeping !== 'nothing') keep(closed, settings);
    },
  };
}

function recordOf(id: string, ref: ParticipantRef, { segment, last }: ClosedSegment<Evidence>): SegmentRecord {
  const { index, startMs, endMs, status, labels, reason, probabilities, windows } = segment;
  const { pack, calibration } = last.verdict;
  return { ...ref, id, index, startMs, endMs, status, labels, reason, probabilities, windows, pack, calibration };
}
