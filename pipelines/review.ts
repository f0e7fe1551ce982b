/**
 * From verdicts to what is kept of them, and to what people are asked: segments and verdicts go to the store as the room
 * chose, and of a segment that is drawn, the window of greatest doubt becomes a review item with its clip.
 */
import { firstValueFrom, from, race, timer } from 'rxjs';
import type { Random } from '../src/core/random.ts';
import { type Information, NOTHING_LEARNT, together } from '../src/core/review/information.ts';
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
  /** What items of before teach of the pack that judges; selection goes by it once it is there. Default: nothing. */
  readonly learntBefore?: Promise<Information>;
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
 * Begin with what was learnt before, as soon as it is read: until then, and where it cannot be, people are asked a little
 * more for information, by chances that are on record all the same.
 * @example
 * const deps = { store, clips, cutter, clock, meter, log, random: Math.random, newId: randomUUID };
 * const review = startReview({ ...deps, learntBefore: learntBefore(store.reviews, { pack, beforeMs: clock.now() }) });
 * const follower = review.follow({ ref, consent, agreed, evidence: recording.evidence });
 */
export function startReview({ store, clips, cutter, learntBefore, drainMs = 5000, ...deps }: ReviewDeps): Review {
  const { meter, log } = deps;
  const scores = keepScores({ scores: store.scores, meter, log });
  const items = askPeople({ reviews: store.reviews, clips, cutter, meter, log });
  let information = NOTHING_LEARNT;
  let closed = false;
  learntBefore?.then(
    (before) => {
      information = together(information, before);
    },
    (error: unknown) => {
      if (!closed) log.warn({ error }, 'what reviews taught before cannot be read: people are asked a little more');
    },
  );
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
      closed = true;
      await within(drainMs, Promise.all([scores.flush(), items.settled()]));
      await within(drainMs, Promise.all([scores.close(), items.close(), cutter.close()]));
    },
  };
}

/** Wait for `work`, but no longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await firstValueFrom(race(from(work), timer(ms)));
}
