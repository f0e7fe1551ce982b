import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Opened } from './under-test.ts';
import { ADMIN, ANSWER, itemOf, segmentOf, settingsOf, unique, verdictOf } from './made.ts';

const life = fc.integer({ min: 0, max: 100 });
const ends = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 6 });

export function describeRetention(opened: Opened): void {
  describe('scores and retention', () => {
    test('what is written twice is there once, and segments come oldest first', async () => {
      const { store } = opened();
      const room = unique('room');
      const segments = [3, 1, 2].map((endMs) => segmentOf({ room, endMs }));
      const verdicts = [{ room, participant: 'ada', seq: 0, verdict: verdictOf(1) }];
      await store.scores.add({ segments, verdicts });
      await store.scores.add({ segments, verdicts });
      expect(await store.scores.segments(room, 0, 9)).toEqual(segments.toSorted((a, b) => a.endMs - b.endMs));
      expect((await store.scores.segments(room, 1, 1)).map(({ endMs }) => endMs)).toEqual([2]);
      expect(await store.people.export({ room, participant: 'ada' }, ADMIN, 1)).toMatchObject({ verdicts });
    });

    test('each clock takes what is older than it allows, and nothing else, whatever the ages', async () => {
      const { store } = opened();
      await fc.assert(
        fc.asyncProperty(
          fc.record({ clipsMs: life, scoresMs: life, reviewsMs: life }),
          ends,
          ends,
          fc.integer({ min: 0, max: 300 }),
          async (retention, scoreEnds, itemEnds, nowMs) => {
            const room = unique('room');
            await store.settings.save(settingsOf({ room, retention }), ADMIN, 0);
            await store.scores.add({
              segments: scoreEnds.map((endMs) => segmentOf({ room, endMs })),
              verdicts: scoreEnds.map((endMs, seq) => ({ room, participant: 'ada', seq, verdict: verdictOf(endMs) })),
            });
            for (const endMs of itemEnds)
              await store.reviews.add(itemOf({ room, clip: unique('clip'), verdict: verdictOf(endMs) }));
            await store.scores.expire(nowMs);
            const kept = (lifeMs: number) => (endMs: number) => endMs >= nowMs - lifeMs;
            const { segments, verdicts, reviews } = (await store.people.export(
              { room, participant: 'ada' },
              ADMIN,
              nowMs,
            )) as unknown as {
              segments: { endMs: number }[];
              verdicts: { verdict: { endMs: number } }[];
              reviews: { item: { clip: string | null; verdict: { endMs: number } } }[];
            };
            const inOrder = (a: number, b: number) => a - b;
            const scores = scoreEnds.filter(kept(retention.scoresMs)).sort(inOrder);
            expect(segments.map(({ endMs }) => endMs)).toEqual(scores);
            expect(verdicts.map(({ verdict }) => verdict.endMs)).toEqual(scores);
            const items = reviews.map(({ item }) => item);
            expect(items.map(({ verdict }) => verdict.endMs).sort(inOrder)).toEqual(
              itemEnds.filter(kept(retention.reviewsMs)).sort(inOrder),
            );
            for (const { clip, verdict } of items) expect(clip !== null).toBe(kept(retention.clipsMs)(verdict.endMs));
            const inUse = await store.scores.clipsInUse();
            for (const { clip } of items) if (clip !== null) expect(inUse.has(clip)).toBe(true);
            expect(await store.scores.expire(nowMs)).toEqual({
              clips: 0,
              segments: 0,
              verdicts: 0,
              reviewItems: 0,
              annotations: 0,
            });
          },
        ),
        { numRuns: 10 },
      );
    });

    test('a longer life that is set later is not for what was promised a shorter one, whatever is set and when', async () => {
      const { store } = opened();
      const step = fc.oneof(
        fc.record({ scoresMs: life }),
        fc.record({ waitMs: fc.integer({ min: 1, max: 60 }) }),
        fc.constant('segment' as const),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
          const room = unique('room');
          let nowMs = 0;
          let scoresMs = 50;
          // What each segment may live, as the room's people were promised when it was said and since.
          let kept: { readonly endMs: number; readonly lifeMs: number }[] = [];
          const save = () =>
            store.settings.save(settingsOf({ room, retention: { clipsMs: 9, scoresMs, reviewsMs: 9 } }), ADMIN, nowMs);
          await save();
          for (const one of steps) {
            if (one === 'segment') {
              await store.scores.add({ segments: [segmentOf({ room, endMs: nowMs })], verdicts: [] });
              kept.push({ endMs: nowMs, lifeMs: scoresMs });
            } else if ('scoresMs' in one) {
              ({ scoresMs } = one);
              // What ends in the very instant of a change is under the new settings.
              nowMs += 1;
              await save();
              kept = kept.map(({ endMs, lifeMs }) => ({ endMs, lifeMs: Math.min(lifeMs, scoresMs) }));
            } else {
              nowMs += one.waitMs;
              await store.scores.expire(nowMs);
              kept = kept.filter(({ endMs, lifeMs }) => endMs >= nowMs - lifeMs);
              const found = await store.scores.segments(room, -1, 100);
              expect(found.map(({ endMs }) => endMs)).toEqual(kept.map(({ endMs }) => endMs));
            }
          }
        }),
        { numRuns: 12 },
      );
    });

    test('the count of what went is on record, answers included', async () => {
      const { store } = opened();
      const room = unique('room');
      const retention = { clipsMs: 10, scoresMs: 20, reviewsMs: 30 };
      await store.scores.expire(1000);
      await store.settings.save(settingsOf({ room, retention }), ADMIN, 0);
      await store.scores.add({ segments: [segmentOf({ room, endMs: 100 })], verdicts: [] });
      await store.reviews.add(itemOf({ room, clip: unique('clip'), verdict: verdictOf(100) }));
      const claimed = await store.reviews.claim({ reviewer: 'rae', rooms: [room], nowMs: 0, reservationMs: 9 });
      await store.reviews.answer(claimed?.reservation.id ?? '', 'rae', ANSWER, 1);
      const none = { clips: 0, segments: 0, verdicts: 0, reviewItems: 0, annotations: 0 };
      expect(await store.scores.expire(110)).toEqual(none);
      expect(await store.scores.expire(111)).toEqual({ ...none, clips: 1 });
      expect(await store.scores.expire(121)).toEqual({ ...none, segments: 1 });
      expect(await store.scores.expire(131)).toEqual({ ...none, reviewItems: 1, annotations: 1 });
      const entries = await store.audit.entries({ kinds: ['deletion'], room, limit: 9 });
      expect(entries.map(({ atMs, actor }) => [atMs, actor.role])).toEqual([
        [111, 'server'],
        [121, 'server'],
        [131, 'server'],
      ]);
    });

    test('a room without settings goes by the defaults', async () => {
      const { store } = opened();
      const room = unique('room');
      await store.scores.add({ segments: [segmentOf({ room, endMs: 0 })], verdicts: [] });
      await store.scores.expire(30 * 86_400_000);
      expect(await store.scores.segments(room, -1, 9)).toHaveLength(1);
      await store.scores.expire(30 * 86_400_000 + 1);
      expect(await store.scores.segments(room, -1, 9)).toHaveLength(0);
    });
  });
}
