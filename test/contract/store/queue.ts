import { describe, expect, test } from 'vitest';
import { NOTHING_LEARNT } from '../../../src/core/review/information.ts';
import { learnFrom } from '../../../src/core/review/selection.ts';
import { learntBefore } from '../../../src/io/learnt-before.ts';
import type { Annotation } from '../../../src/domain/review.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { Opened } from './under-test.ts';
import { ADMIN, ANSWER, itemOf, unique, verdictOf } from './made.ts';

export function describeQueue(opened: Opened): void {
  const claim = (store: Store, room: string, reviewer: string, nowMs = 0) =>
    store.reviews.claim({ reviewer: `${room}-${reviewer}`, rooms: [room], nowMs, reservationMs: 100 });
  const answer = async (store: Store, room: string, reviewer: string, given: object = {}) => {
    const claimed = await claim(store, room, reviewer);
    return store.reviews.answer(claimed?.reservation.id ?? '', `${room}-${reviewer}`, { ...ANSWER, ...given }, 1);
  };

  describe('the review queue', () => {
    test('an item and an answer come back as they went in', async () => {
      const { store } = opened();
      const room = unique('room');
      const item = itemOf({ room, clip: 'c0ffee' });
      await store.reviews.add(item);
      await store.reviews.add(item);
      const { annotations, ...rest } = await answer(store, room, 'rae');
      expect(rest).toEqual({ item });
      const [{ id, ...annotation } = { id: '' }] = annotations;
      expect(annotation).toEqual({ ...ANSWER, item: item.id, reviewer: `${room}-rae`, atMs: 1, informed: false });
      expect(await store.reviews.item(item.id)).toEqual({ item, annotations: [{ id, ...annotation }] });
      expect(await store.reviews.item('nobody-knows-it')).toBeNull();
      expect(await store.reviews.sees(item.id, `${room}-rae`, 2)).toBe(true);
      expect(await store.reviews.sees(item.id, `${room}-eve`, 2)).toBe(false);
    });

    test('nobody is given what is in a room that they may not see', async () => {
      const { store } = opened();
      const room = unique('room');
      await store.reviews.add(itemOf({ room }));
      const request = { reviewer: unique('rae'), nowMs: 0, reservationMs: 100 };
      expect(await store.reviews.claim({ ...request, rooms: [] })).toBeNull();
      expect(await store.reviews.claim({ ...request, rooms: [unique('other')] })).toBeNull();
      expect(await store.reviews.list({ rooms: [], limit: 9, nowMs: 0 })).toEqual([]);
      expect(await store.reviews.reviewed({ rooms: [], limit: 9 })).toEqual([]);
      expect(await store.reviews.progress([], 0)).toEqual({ open: 0, held: 0, done: 0, reviewers: [] });
    });

    test('pages hold every item once, newest first, whatever their size', async () => {
      const { store } = opened();
      const room = unique('room');
      // Some of one instant: then the id decides.
      const items = Array.from({ length: 11 }, (_, i) => itemOf({ room, createdMs: Math.floor(i / 3) }));
      for (const item of items) await store.reviews.add(item);
      const expected = items
        .toSorted((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1))
        .map(({ id }) => id);
      for (const limit of [1, 4, 11, 50]) {
        const found: string[] = [];
        for (let before: { createdMs: number; id: string } | undefined; ;) {
          const page = await store.reviews.list({ rooms: [room], limit, nowMs: 0, ...(before && { before }) });
          found.push(...page.map(({ id }) => id));
          before = page.at(-1);
          if (page.length < limit) break;
        }
        expect(found).toEqual(expected);
      }
    });

    test('states and progress say who holds and did what', async () => {
      const { store } = opened();
      const room = unique('room');
      for (const createdMs of [1, 2, 3]) await store.reviews.add(itemOf({ room, raters: 1, createdMs }));
      const done = await answer(store, room, 'rae', { tookMs: 1000 });
      const held = await claim(store, room, 'rae');
      const list = async (state: 'open' | 'held' | 'done', nowMs: number) =>
        (await store.reviews.list({ rooms: [room], state, limit: 9, nowMs })).map(({ id }) => id);
      expect(await list('done', 50)).toEqual([done.item.id]);
      expect(await list('held', 50)).toEqual([held?.item.id]);
      expect(await list('open', 50)).toHaveLength(1);
      expect(await list('held', 100)).toEqual([]);
      expect(await list('open', 100)).toHaveLength(2);
      const skipped = await claim(store, room, 'sam');
      await store.reviews.skip(skipped?.reservation.id ?? '', `${room}-sam`, 2);
      await answer(store, room, 'sam', { labels: [], cannotTell: true, attributes: null, tookMs: 4000 }).catch(
        () => null,
      );
      expect(await store.reviews.progress([room], 100)).toMatchObject({ open: 2, held: 0, done: 1 });
      expect((await store.reviews.progress([room], 100)).reviewers).toEqual([
        { reviewer: `${room}-rae`, answers: 1, cannotTell: 0, skips: 0, medianTookMs: 1000, labels: { anger: 1 } },
        { reviewer: `${room}-sam`, answers: 0, cannotTell: 0, skips: 1, medianTookMs: null, labels: {} },
      ]);
    });

    test('answered items come in pages, oldest first, of the pack that was asked for', async () => {
      const { store } = opened();
      const room = unique('room');
      for (const createdMs of [3, 1, 2]) await store.reviews.add(itemOf({ room, raters: 1, createdMs }));
      for (const reviewer of ['rae', 'sam', 'tom']) await answer(store, room, reviewer);
      const first = await store.reviews.reviewed({ rooms: [room], pack: 'default@1.0.0', limit: 2 });
      expect(first.map(({ item }) => item.createdMs)).toEqual([1, 2]);
      const last = first.at(-1)?.item;
      const rest = await store.reviews.reviewed({ rooms: [room], limit: 2, ...(last && { after: last }) });
      expect(rest.map(({ item, annotations }) => [item.createdMs, annotations.length])).toEqual([[3, 1]]);
      expect(await store.reviews.reviewed({ rooms: [room], pack: 'other@1', limit: 2 })).toEqual([]);
    });

    test('what was asked about a pack comes in pages, oldest first, answered or not, up to an instant', async () => {
      const { store } = opened();
      const [room, pack] = [unique('room'), unique('pack')];
      const verdict = { ...verdictOf(1000), pack };
      const items = [3, 1, 2, 5].map((createdMs) => itemOf({ room, createdMs, verdict }));
      for (const item of [...items, itemOf({ room, createdMs: 2 })]) await store.reviews.add(item);
      await answer(store, room, 'rae');
      const first = await store.reviews.asked({ pack, beforeMs: 5, limit: 2 });
      expect(first).toEqual([items[1], items[2]]);
      const after = first.at(-1);
      const rest = await store.reviews.asked({ pack, beforeMs: 5, limit: 2, ...(after && { after }) });
      expect(rest).toEqual([items[0]]);
      const learnt = items.filter(({ createdMs }) => createdMs < 5).reduce(learnFrom, NOTHING_LEARNT);
      expect(await learntBefore(store.reviews, { pack, beforeMs: 5 })).toEqual(learnt);
    });

    test('imported annotations count once, and those of unknown items are refused together', async () => {
      const { store } = opened();
      const room = unique('room');
      const item = itemOf({ room, raters: 2 });
      await store.reviews.add(item);
      const held = await claim(store, room, 'rae');
      const annotations: Annotation[] = ['rae', 'sam'].map((name) => ({
        ...ANSWER,
        id: unique('annotation'),
        item: item.id,
        reviewer: `${room}-${name}`,
        atMs: 4,
        informed: false,
      }));
      const stray = { ...annotations[0], id: unique('annotation'), item: 'elsewhere' } as Annotation;
      await expect(store.reviews.importAnnotations([...annotations, stray], ADMIN, 5)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('elsewhere') as string,
      });
      expect((await store.reviews.item(item.id))?.annotations).toEqual([]);
      expect(await store.reviews.importAnnotations(annotations, ADMIN, 5)).toBe(2);
      expect(await store.reviews.importAnnotations(annotations, ADMIN, 5)).toBe(0);
      expect((await store.reviews.item(item.id))?.annotations).toEqual(annotations);
      // Whoever is among them has answered.
      await expect(store.reviews.answer(held?.reservation.id ?? '', `${room}-rae`, ANSWER, 6)).rejects.toMatchObject({
        code: 'reservation-lost',
      });
      expect(await claim(store, room, 'tom')).toBeNull();
    });
  });
}
