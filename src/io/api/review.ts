/** Operations of the review queue. What a reviewer is told before they answer is decided here, and nowhere else. */
import { UndertoneError } from '../../errors.ts';
import type { Annotation, ReviewedItem } from '../../domain/review.ts';
import type { ClaimedItem, ClipStore, Store } from '../../ports/store.ts';
import type { Clock } from '../../ports.ts';
import type { OperationAnswer } from '../../protocol/api.ts';
import { reviewedItems } from '../reviewed-items.ts';
import type { Caller } from './access.ts';
import type { Handlers } from './handlers.ts';

/** How long an answer may be taken back, ms. */
const UNDO_MS = 10 * 60_000;

/** What the review operations need. */
export interface ReviewDeps {
  readonly store: Pick<Store, 'reviews' | 'audit'>;
  readonly clips: Pick<ClipStore, 'get'>;
  readonly clock: Clock;
  /** How long an item is held by default, ms: the greatest of the rooms' settings. */
  readonly reservationMs: () => number;
  /** How far reviewers agree; may take a while, elsewhere than on this thread. */
  readonly agreement: (reviewed: readonly ReviewedItem[]) => Promise<OperationAnswer<'agreement'>>;
  /** An answered item as a line of a corpus manifest. */
  readonly manifestLine: (reviewed: ReviewedItem) => Readonly<Record<string, unknown>>;
}

type ReviewOperation =
  | 'listReview'
  | 'reviewProgress'
  | 'claim'
  | 'renewClaim'
  | 'answerClaim'
  | 'skipClaim'
  | 'undo'
  | 'clip'
  | 'reviewItem'
  | 'agreement'
  | 'exportReview'
  | 'importReview';

/** Whoever answers is told from all others: two people without a name would be one reviewer. */
function reviewerOf({ subject }: Caller): string {
  if (subject !== null) return subject;
  throw new UndertoneError('forbidden', 'a token to review with must name its holder: ask for one with a subject');
}

/** Handlers of the review queue. */
export function reviewHandlers(deps: ReviewDeps): Handlers<ReviewOperation> {
  const { store, clips, clock } = deps;
  const { reviews, audit } = store;

  async function itemFor(id: string, { rooms }: Caller): Promise<ReviewedItem> {
    const found = await reviews.item(id);
    if (found === null || rooms?.includes(found.item.room) === false)
      throw new UndertoneError('not-found', `there is no review item ${id}: its retention may have ended`);
    return found;
  }

  return {
    async listReview({ caller, query: { state, beforeMs, beforeId, limit } }) {
      const before = beforeMs !== undefined && beforeId !== undefined && { createdMs: beforeMs, id: beforeId };
      const items = await reviews.list({
        rooms: caller.rooms,
        limit,
        nowMs: clock.now(),
        ...(state && { state }),
        ...(before && { before }),
      });
      return { items };
    },
    reviewProgress: async ({ caller }) => await reviews.progress(caller.rooms, clock.now()),
    async claim({ caller, body: { instead } }) {
      const claimed = await reviews.claim({
        reviewer: reviewerOf(caller),
        rooms: caller.rooms,
        nowMs: clock.now(),
        reservationMs: deps.reservationMs(),
        ...(instead !== undefined && { instead }),
      });
      return { claimed: await blind(claimed) };
    },
    async renewClaim({ caller, params: { reservation } }) {
      const reviewer = reviewerOf(caller);
      const lengthMs = deps.reservationMs();
      const { expiresMs } = await reviews.renew(reservation, reviewer, clock.now(), lengthMs, caller.rooms);
      return { expiresMs, leftMs: expiresMs - clock.now() };
    },
    async answerClaim({ caller, params: { reservation }, body }) {
      const reviewer = reviewerOf(caller);
      const { item, annotations } = await reviews.answer(reservation, reviewer, body, clock.now(), caller.rooms);
      const own = annotations.findLast((each) => each.reviewer === reviewer);
      if (own === undefined) throw new UndertoneError('internal', `answer ${reservation} was stored and is not there`);
      return { annotation: own, verdict: item.verdict };
    },
    async skipClaim({ caller, params: { reservation } }) {
      await reviews.skip(reservation, reviewerOf(caller), clock.now(), caller.rooms);
      return null;
    },
    async undo({ caller }) {
      const reservationMs = deps.reservationMs();
      const request = {
        reviewer: reviewerOf(caller),
        rooms: caller.rooms,
        nowMs: clock.now(),
        withinMs: UNDO_MS,
        reservationMs,
      };
      return { claimed: await blind(await reviews.undo(request)) };
    },
    async clip({ caller, params: { id } }) {
      const { item } = await itemFor(id, caller);
      const nowMs = clock.now();
      // Whoever may not watch is told what they would be told of no item at all.
      if (caller.role !== 'admin' && !(await reviews.sees(id, reviewerOf(caller), nowMs)))
        throw new UndertoneError('not-found', `there is no review item ${id} that you hold: claim one first`);
      const bytes = item.clip === null ? null : await clips.get(item.clip);
      if (bytes === null)
        throw new UndertoneError('not-found', `no clip is kept of ${id}: its retention may have ended`);
      const details = { item: id, participant: item.participant };
      await audit.append({
        atMs: nowMs,
        kind: 'access',
        action: 'access.clip-watched',
        actor: caller.actor,
        room: item.room,
        details,
      });
      return bytes;
    },
    async reviewItem({ caller, params: { id } }) {
      const found = await itemFor(id, caller);
      // An admin may review too, but not blind what they have read.
      if (caller.subject !== null) await reviews.unblind([id], caller.subject);
      return found;
    },
    agreement: async ({ caller }) => deps.agreement(await reviewedItems(reviews, { rooms: caller.rooms })),
    async exportReview({ caller }) {
      const reviewed = await reviewedItems(reviews, { rooms: caller.rooms });
      const lines = reviewed.map((each) => `${JSON.stringify(deps.manifestLine(each))}\n`);
      if (caller.subject !== null)
        await reviews.unblind(
          reviewed.map(({ item }) => item.id),
          caller.subject,
        );
      const details = { items: lines.length };
      const atMs = clock.now();
      await audit.append({
        atMs,
        kind: 'access',
        action: 'access.review-exported',
        actor: caller.actor,
        room: null,
        details,
      });
      return new TextEncoder().encode(lines.join(''));
    },
    async importReview({ caller, body }) {
      const annotations: Annotation[] = body.annotations;
      return { added: await reviews.importAnnotations(annotations, caller.actor, clock.now()) };
    },
  };

  /** What a reviewer may know of an item: what to look at, and not what the model or anybody else made of it. */
  async function blind(claimed: ClaimedItem | null): Promise<OperationAnswer<'claim'>['claimed']> {
    if (claimed === null) return null;
    const { reservation, item } = claimed;
    const answers = (await reviews.item(item.id))?.annotations.length ?? 0;
    const { id, room, participant, verdict, raters, clip } = item;
    const { startMs, endMs, modalities } = verdict;
    const shown = { id, room, participant, startMs, endMs, modalities, clip: clip !== null, answers, raters };
    const { id: held, expiresMs } = reservation;
    return { reservation: held, expiresMs, leftMs: expiresMs - clock.now(), item: shown };
  }
}
