import { describe, expect, test } from 'vitest';
import type { ParticipantRef as Ref } from '../../../src/domain.ts';
import type { Opened } from './under-test.ts';
import { ADMIN, ANSWER, grantOf, itemOf, segmentOf, settingsOf, unique, verdictOf } from './made.ts';

export function describePeople(opened: Opened): void {
  describe('rooms and people', () => {
    test('settings are kept as they were given, and replaced whole', async () => {
      const { store } = opened();
      const first = settingsOf({ room: unique('room') });
      const second = { ...first, keeping: 'windows' as const, justification: "it's <b>needed</b>" };
      expect(await store.settings.of(first.room)).toBeNull();
      await store.settings.save(first, ADMIN, 5);
      expect(await store.settings.of(first.room)).toEqual(first);
      await store.settings.save(second, ADMIN, 6);
      expect(await store.settings.of(first.room)).toEqual(second);
      expect(await store.settings.all()).toContainEqual(second);
      const entries = await store.audit.entries({ room: first.room, limit: 10 });
      expect(entries.map(({ action, actor, atMs }) => ({ action, actor, atMs }))).toEqual([
        { action: 'configuration.created', actor: ADMIN, atMs: 5 },
        { action: 'configuration.changed', actor: ADMIN, atMs: 6 },
      ]);
      expect(entries[1]?.details).toEqual({ changed: { keeping: 'windows', justification: second.justification } });
    });

    test('consent has its history, latest first, and the participant’s key opens it', async () => {
      const { store } = opened();
      const record = grantOf({ room: unique('room') });
      const ref = { room: record.room, participant: record.participant };
      expect(await store.people.consents(ref)).toEqual([]);
      expect(await store.people.opens(ref, 'key')).toBe(false);
      await store.people.grant(record, 'key', ADMIN);
      await store.people.withdraw(ref, 20, ADMIN);
      await store.people.grant({ ...record, atMs: 30 }, 'key-2', ADMIN);
      const history = await store.people.consents(ref);
      expect(history.map(({ granted, atMs }) => [granted, atMs])).toEqual([
        [true, 30],
        [false, 20],
        [true, 10],
      ]);
      expect(history[2]).toEqual(record);
      expect([await store.people.opens(ref, 'key'), await store.people.opens(ref, 'key-2')]).toEqual([false, true]);
      const actions = (await store.audit.entries({ kinds: ['consent'], room: record.room, limit: 9 })).map(
        (e) => e.action,
      );
      expect(actions).toEqual(['consent.granted', 'consent.withdrawn', 'consent.granted']);
    });

    test('who has withdrawn is known, until they agree anew', async () => {
      const { store } = opened();
      const room = unique('room');
      const [ada, ben, nobody] = ['ada', 'ben', 'nobody'].map((participant) => ({ room, participant })) as [
        Ref,
        Ref,
        Ref,
      ];
      for (const ref of [ada, ben]) await store.people.grant(grantOf(ref), 'key', ADMIN);
      const withdrawn = () => store.people.withdrawn([ada, ben, nobody]);
      expect(await withdrawn()).toEqual([]);
      await store.people.withdraw(ben, 20, ADMIN);
      expect(await withdrawn()).toEqual([ben]);
      expect(await store.people.withdrawn([{ ...ben, room: unique('room') }])).toEqual([]);
      expect(await store.people.withdrawn([])).toEqual([]);
      await store.people.grant(grantOf({ ...ben, atMs: 30 }), 'key', ADMIN);
      expect(await withdrawn()).toEqual([]);
    });

    test('a withdrawal leaves nothing of the person but the proof, and nothing of anybody else is touched', async () => {
      const { store } = opened();
      const room = unique('room');
      for (const [createdMs, participant] of ['ada', 'ben'].entries()) {
        await store.people.grant(grantOf({ room, participant }), 'key', ADMIN);
        await store.scores.add({
          segments: [segmentOf({ room, participant })],
          verdicts: [0, 1].map((seq) => ({ room, participant, seq, verdict: verdictOf(1000 + seq) })),
        });
        await store.reviews.add(itemOf({ room, participant, createdMs, clip: unique('clip') }));
      }
      const claimed = await store.reviews.claim({ reviewer: 'rae', rooms: [room], nowMs: 0, reservationMs: 1000 });
      expect(claimed?.item.participant).toBe('ada');
      await store.reviews.answer(claimed?.reservation.id ?? '', 'rae', ANSWER, 1);
      const before = await store.people.export({ room, participant: 'ada' }, ADMIN, 2);
      expect(before).toMatchObject({
        consents: [{}],
        segments: [{}],
        verdicts: [{}, {}],
        reviews: [{ answers: [{}] }],
      });

      const receipt = await store.people.withdraw({ room, participant: 'ada' }, 50, ADMIN);
      expect(receipt).toMatchObject({
        room,
        participant: 'ada',
        atMs: 50,
        deleted: { clips: 1, segments: 1, verdicts: 2, reviewItems: 1, annotations: 1 },
      });
      const after = await store.people.export({ room, participant: 'ada' }, ADMIN, 51);
      expect(after).toMatchObject({ consents: [{}, {}], segments: [], verdicts: [], reviews: [] });
      expect(await store.reviews.item(claimed?.item.id ?? '')).toBeNull();
      expect((await store.scores.clipsInUse()).has(claimed?.item.clip ?? '')).toBe(false);
      expect(await store.people.export({ room, participant: 'ben' }, ADMIN, 52)).toMatchObject({
        segments: [{}],
        verdicts: [{}, {}],
        reviews: [{}],
      });
      const [entry] = await store.audit.entries({ kinds: ['deletion'], room, limit: 9 });
      expect(entry).toMatchObject({
        action: 'deletion.withdrawal',
        details: { receipt: receipt.id, deleted: receipt.deleted },
      });

      const again = await store.people.withdraw({ room, participant: 'ada' }, 60, ADMIN);
      expect(Object.values(again.deleted)).toEqual([0, 0, 0, 0, 0]);
      expect(again.kept[0]).toContain('withdrawn before, on 1970-01-01T00:00:00.050Z');
    });

    test('what was under way when somebody withdrew does not come back, until they agree again', async () => {
      const { store } = opened();
      const room = unique('room');
      const item = itemOf({ room });
      await store.people.grant(grantOf({ room }), 'key', ADMIN);
      await store.people.withdraw({ room, participant: 'ada' }, 20, ADMIN);
      const late = {
        segments: [segmentOf({ room })],
        verdicts: [{ room, participant: 'ada', seq: 0, verdict: verdictOf(9) }],
      };
      await store.scores.add({ ...late, segments: [...late.segments, segmentOf({ room, participant: 'ben' })] });
      await store.reviews.add(item);
      expect((await store.scores.segments(room, 0, 9)).map(({ participant }) => participant)).toEqual(['ben']);
      expect(await store.reviews.item(item.id)).toBeNull();
      await store.people.grant(grantOf({ room, atMs: 30 }), 'key', ADMIN);
      await store.scores.add(late);
      expect(await store.scores.segments(room, 0, 9)).toHaveLength(2);
    });

    test('withdrawal and writing at once end with nothing kept', async () => {
      const { store } = opened();
      const room = unique('room');
      await store.people.grant(grantOf({ room }), 'key', ADMIN);
      await Promise.all([
        ...Array.from({ length: 12 }, () => store.scores.add({ segments: [segmentOf({ room })], verdicts: [] })),
        store.people.withdraw({ room, participant: 'ada' }, 20, ADMIN),
        ...Array.from({ length: 12 }, () => store.reviews.add(itemOf({ room }))),
      ]);
      expect(await store.people.export({ room, participant: 'ada' }, ADMIN, 30)).toMatchObject({
        segments: [],
        reviews: [],
      });
    });

    test('tokens that were called back are known until they expire', async () => {
      const { store } = opened();
      const [short, long] = [unique('token'), unique('token')];
      await store.tokens.revoke(short, 100, ADMIN, 0);
      await store.tokens.revoke(long, 200, ADMIN, 0);
      await store.tokens.revoke(long, 200, ADMIN, 0);
      expect(await store.tokens.revoked(99)).toEqual(new Set([short, long]));
      expect(await store.tokens.revoked(100)).toEqual(new Set([long]));
    });
  });
}
