import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import type { Opened } from './under-test.ts';
import { ANSWER, itemOf, unique } from './made.ts';
import { answersOf, emptyModel, hasPlace, nextFor, placesTaken, release, take, usable } from './queue-model.ts';
import type { QueueModel } from './queue-model.ts';

const LENGTH_MS = 100;
const WITHIN_MS = 300;
const reviewer = fc.integer({ min: 0, max: 3 });
/** One of the reservations that were ever given, from the latest. */
const nth = fc.nat({ max: 8 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 3 }), createdMs: fc.nat({ max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ claim: reviewer, instead: fc.option(nth) }) },
  { weight: 5, arbitrary: fc.record({ answer: nth }) },
  { weight: 2, arbitrary: fc.record({ skip: nth }) },
  { weight: 2, arbitrary: fc.record({ renew: nth }) },
  { weight: 2, arbitrary: fc.record({ undo: reviewer, instead: fc.option(nth) }) },
  { weight: 3, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 150 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export function describeReservations(opened: Opened): void {
  describe('reservations', () => {
    test('do, one call after another, what a plain model of the queue does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          await play(opened().store, steps);
        }),
        { numRuns: 20 },
      );
    }, 120_000);

    test('whoever claims at once shares out the places: each once, none left, none twice', async () => {
      const { store } = opened();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
          fc.integer({ min: 1, max: 12 }),
          async (raters, claims) => {
            const room = unique('room');
            for (const wanted of raters) await store.reviews.add(itemOf({ room, raters: wanted }));
            const reviewers = Array.from({ length: claims }, (_, i) => `${room}-${i.toString()}`);
            const given = await Promise.all(
              reviewers.map((reviewer) =>
                store.reviews.claim({ reviewer, rooms: [room], nowMs: 0, reservationMs: LENGTH_MS }),
              ),
            );
            const places = raters.reduce((a, b) => a + b, 0);
            const items = given.flatMap((claimed) => (claimed === null ? [] : [claimed.item]));
            expect(items).toHaveLength(Math.min(places, claims));
            for (const [id, some] of Map.groupBy(items, (item) => item.id))
              expect(some.length, id).toBeLessThanOrEqual(some[0]?.raters ?? 0);
          },
        ),
        { numRuns: 10 },
      );
    }, 120_000);

    test('answers, renewals and claims at once never overfill an item, and none is lost', async () => {
      const { store } = opened();
      const room = unique('room');
      const item = itemOf({ room, raters: 1 });
      await store.reviews.add(item);
      const claim = (name: string, nowMs: number) =>
        store.reviews.claim({ reviewer: `${room}-${name}`, rooms: [room], nowMs, reservationMs: LENGTH_MS });
      const first = await claim('late', 0);
      const id = first?.reservation.id ?? '';
      // The time of the first is up: it may still answer, or another may take the place, but not both.
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 4 }, () => store.reviews.answer(id, `${room}-late`, ANSWER, 200)),
        ...Array.from({ length: 4 }, (_, i) => claim(`new-${i.toString()}`, 200)),
      ]);
      const answered = outcomes.slice(0, 4).filter(({ status }) => status === 'fulfilled');
      const claimed = outcomes.slice(4).filter((outcome) => outcome.status === 'fulfilled' && outcome.value !== null);
      expect([answered.length, claimed.length]).toSatisfy(
        ([answers, claims]) => (answers === 4 && claims === 0) || (answers === 0 && claims === 1),
      );
      expect((await store.reviews.item(item.id))?.annotations).toHaveLength(answered.length > 0 ? 1 : 0);
    });

    test('an answer that is sent twice at once is on record once', async () => {
      const { store } = opened();
      const room = unique('room');
      await store.reviews.add(itemOf({ room }));
      const reviewer = `${room}-rae`;
      const claimed = await store.reviews.claim({ reviewer, rooms: [room], nowMs: 0, reservationMs: LENGTH_MS });
      const sent = Array.from({ length: 6 }, () =>
        store.reviews.answer(claimed?.reservation.id ?? '', reviewer, ANSWER, 1),
      );
      const ids = (await Promise.all(sent)).map(({ annotations }) => annotations.map(({ id }) => id));
      expect(new Set(ids.flat()).size).toBe(1);
      await expect(
        store.reviews.answer(claimed?.reservation.id ?? '', `${room}-other`, ANSWER, 1),
      ).rejects.toMatchObject({ code: 'reservation-lost' });
    });
  });
}

async function play({ reviews }: Store, steps: readonly Step[]): Promise<void> {
  const model = emptyModel();
  const room = unique('room');
  const nameOf = (n: number) => `${room}-r${n.toString()}`;
  const given: { readonly id: string; readonly reviewer: string }[] = [];
  const pick = (n: number) => given.at(-1 - n);
  let nowMs = 1000;
  for (const one of steps) {
    if ('add' in one) {
      const item = itemOf({ room, raters: one.add, createdMs: one.createdMs });
      await reviews.add(item);
      model.items.push(item);
    } else if ('waitMs' in one) nowMs += one.waitMs;
    else if ('claim' in one) {
      const reviewer = nameOf(one.claim);
      const instead = own(one.instead === null ? undefined : pick(one.instead), reviewer);
      const request = { reviewer, rooms: [room], nowMs, reservationMs: LENGTH_MS };
      const claimed = await reviews.claim({ ...request, ...(instead && { instead }) });
      if (instead) release(model, instead);
      expect(claimed?.item.id).toBe(nextFor(model, reviewer, nowMs)?.id);
      if (claimed) record(claimed.reservation);
    } else if ('undo' in one) {
      const reviewer = nameOf(one.undo);
      const instead = own(one.instead === null ? undefined : pick(one.instead), reviewer);
      const request = { reviewer, nowMs, withinMs: WITHIN_MS, reservationMs: LENGTH_MS };
      const undone = reviews.undo({ ...request, ...(instead && { instead }) });
      const act = model.acts.findLast((other) => other.reviewer === reviewer && other.atMs > nowMs - WITHIN_MS);
      if (act?.kind === 'skip' && !hasPlace(model, act.item, reviewer, nowMs)) {
        await expect(undone).rejects.toMatchObject({ code: 'reservation-lost' });
        continue;
      }
      const claimed = await undone;
      expect(claimed?.item.id).toBe(act?.item);
      if (!act || !claimed) continue;
      model.acts = model.acts.filter((other) => other !== act);
      if (act.kind === 'answer') model.unblinded.add(`${act.item} ${reviewer}`);
      if (instead) release(model, instead);
      record(claimed.reservation);
    } else await useReservation(one);
    await check();
  }

  async function useReservation(one: Extract<Step, { answer: number } | { skip: number } | { renew: number }>) {
    const held = pick('renew' in one ? one.renew : 'answer' in one ? one.answer : one.skip);
    if (!held) return;
    const { id, reviewer } = held;
    const hold = model.holds.find((other) => other.id === id);
    const done = model.acts.find(({ reservation }) => reservation === id);
    const lost = { code: 'reservation-lost' };
    if ('renew' in one) {
      const renewed = reviews.renew(id, reviewer, nowMs, LENGTH_MS);
      const use = usable(model, id, nowMs);
      if (!use) {
        await expect(renewed).rejects.toMatchObject(lost);
        return;
      }
      use.expiresMs = nowMs + LENGTH_MS;
      expect(await renewed).toEqual({ id, item: use.item, reviewer, expiresMs: use.expiresMs });
    } else if ('answer' in one) {
      const answered = reviews.answer(id, reviewer, ANSWER, nowMs);
      if (done?.kind === 'answer') {
        await answered;
        return;
      }
      const use = usable(model, id, nowMs);
      if (!use) {
        await expect(answered).rejects.toMatchObject(lost);
        return;
      }
      await answered;
      finish('answer', use);
    } else {
      const skipped = reviews.skip(id, reviewer, nowMs);
      if (done?.kind === 'skip') {
        await skipped;
        return;
      }
      if (!hold) {
        await expect(skipped).rejects.toMatchObject(lost);
        return;
      }
      await skipped;
      finish('skip', hold);
    }
  }

  function finish(kind: 'answer' | 'skip', { id, item, reviewer }: QueueModel['holds'][number]): void {
    release(model, id);
    model.acts.push({ kind, reservation: id, item, reviewer, atMs: nowMs });
  }

  function record(reservation: { id: string; item: string; reviewer: string; expiresMs: number }): void {
    expect(reservation.expiresMs).toBe(nowMs + LENGTH_MS);
    given.push(reservation);
    take(model, { ...reservation });
  }

  async function check(): Promise<void> {
    const listed = await reviews.list({ rooms: [room], limit: 100, nowMs });
    expect(listed).toHaveLength(model.items.length);
    for (const { id, raters } of model.items) {
      const taken = placesTaken(model, id, nowMs);
      expect(taken).toBeLessThanOrEqual(raters);
      const answers = answersOf(model, id);
      const state = answers.length >= raters ? 'done' : taken >= raters ? 'held' : 'open';
      expect(listed.find((other) => other.id === id)).toMatchObject({ answers: answers.length, state });
      const annotations = (await reviews.item(id))?.annotations.map(({ reviewer, informed }) => [reviewer, informed]);
      expect(annotations).toEqual(answers.map(({ reviewer }) => [reviewer, model.unblinded.has(`${id} ${reviewer}`)]));
    }
  }
}

/** The id of a reservation where it is this reviewer's. */
const own = (held: { readonly id: string; readonly reviewer: string } | undefined, reviewer: string) =>
  held?.reviewer === reviewer ? held.id : undefined;
