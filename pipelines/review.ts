/**
 * From verdicts to what is kept of them, and to what people are asked: segments and verdicts go to the store as the room
 * chose, and of a segment that is drawn, the window of greatest doubt becomes a review item with its clip.
 */
import { firstValueFrom, from, race, timer } from 'rxjs';
import type { Random } from '../src/core/random.ts';
import { NOTHING_LEARNT } from '../src/core/review/information.ts';
import { select } from '../src/core/review/selection.ts';
import type { Clock, Log, Meter } from '../src/ports.ts';
import type { ClipCutter } from '../src/ports/clips.ts';
import type { ClipStore, Store } from '../src/ports/store.ts';
import { askPeople } from './ask-people.ts';
import { follow } from './follow.ts';
import type { FollowedPerson, Follower } from './follow.ts';
import { keepScores } from './keep-scores.ts';

/** What review needs of the rest of a server. */
export interface ReviewDeps {
  readonly store: { readonly scores: Pick<Store['scores'], 'add'>; readonly reviews: Pick<Store['reviews'], 'add'> };
  readonly clips: Pick<ClipStore, 'put'>;
  /** Closed with the review. */
  readonly cutter: ClipCutter;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Draws whom people are asked about. */
  readonly random: Random;
  /** A new id, unlike any before. */
  readonly newId: () => string;
  /** How long `close` waits for what is on its way, ms. Default 5000. */
  readonly drainMs?: number;
}

/** The recording side of review, one for all of a server. */
export interface Review {
  follow(person: FollowedPerson): Follower;
  /** Finish what is on its way, for as long as may be; the rest is lost, and counted. Call it when all followers have ended. */
  close(): Promise<void>;
}

/**
 * Begin with nothing learnt from answers: after a restart people are asked a little more for information.
 * @example
 * const review = startReview({ store, clips, cutter, clock, meter, log, random: Math.random, newId: randomUUID });
 * const follower = review.follow({ ref, consent, agreed, evidence: recording.evidence });
 */
export function startReview({ store, clips, cutter, drainMs = 5000, ...deps }: ReviewDeps): Review {
  const { meter, log } = deps;
  const scores = keepScores({ scores: store.scores, meter, log });
  const items = askPeople({ reviews: store.reviews, clips, cutter, meter, log });
  let information = NOTHING_LEARNT;
  return {
    follow: (person) =>
      follow(person, {
        ...deps,
        scores,
        items,
        select(candidate, policy) {
          const [learnt, selection] = select(information, candidate, policy, deps.random);
          information = learnt;
          return selection;
        },
      }),
    async close() {
      await within(drainMs, Promise.all([scores.flush(), items.settled()]));
      await within(drainMs, Promise.all([scores.close(), items.close(), cutter.close()]));
    },
  };
}

/** Wait for `work`, but no longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await firstValueFrom(race(from(work), timer(ms)));
}
