import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Opened } from './under-test.ts';
import { ADMIN, ANSWER, grantOf, itemOf, segmentOf, settingsOf, unique } from './made.ts';

const nasty = fc.constantFrom(
  `'; drop table audit; --`,
  '<script>alert(1)</script>',
  `" or 1=1`,
  '$1',
  '{"a":1}',
  '\\x00',
  '__proto__',
  '%s_%',
  '🙂é\u202e',
);
/** Anything that is text: every character but NUL and halves of one. */
const text = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', minLength: 1 }).map((given) => given.replaceAll('\0', '0').toWellFormed()),
);

export function describeText(opened: Opened): void {
  describe('text', () => {
    test('comes back as it went in, whatever it holds, in every place', async () => {
      const { store } = opened();
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 8, maxLength: 8 }), async (texts) => {
          const [a, b, c, d, e, f, g, h] = texts.map((given) => `${given}${unique('')}`) as [
            string,
            string,
            string,
            string,
            string,
            string,
            string,
            string,
          ];
          const [room, participant] = [a, b];
          const settings = settingsOf({ room, consentText: c, roles: { [d]: 'other' }, justification: e });
          await store.settings.save(settings, { role: 'admin', subject: f }, 1);
          expect(await store.settings.of(room)).toEqual(settings);
          const record = grantOf({ room, participant, role: d, text: c, textVersion: g });
          await store.people.grant(record, h, ADMIN);
          expect(await store.people.consents({ room, participant })).toEqual([record]);
          expect(await store.people.opens({ room, participant }, h)).toBe(true);
          const segment = segmentOf({ room, participant, id: e, pack: f, calibration: g });
          await store.scores.add({ segments: [segment], verdicts: [] });
          expect(await store.scores.segments(room, 0, 2)).toEqual([segment]);
          const item = itemOf({ room, participant, id: c, segment: d, clip: e });
          await store.reviews.add(item);
          const claimed = await store.reviews.claim({ reviewer: f, rooms: [room], nowMs: 0, reservationMs: 9 });
          expect(claimed?.item).toEqual(item);
          const { annotations } = await store.reviews.answer(claimed?.reservation.id ?? '', f, ANSWER, 1);
          expect(annotations[0]?.reviewer).toBe(f);
          const details = { [g]: h, nested: { [h]: [g, null, -0.5, 1e21] } };
          await store.audit.append({ atMs: 1.5, kind: 'access', action: e, actor: ADMIN, room, details });
          const entries = await store.audit.entries({ kinds: ['access'], room, limit: 9 });
          expect(entries.at(-1)).toMatchObject({ action: e, room, details });
        }),
        { numRuns: 20 },
      );
      expect((await store.audit.verify()).brokenAt).toBeNull();
    }, 120_000);

    test('that no database can keep is refused, not changed', async () => {
      const { store } = opened();
      for (const room of ['a\0b', 'half \ud83d']) {
        await expect(store.people.grant(grantOf({ room }), 'key', ADMIN)).rejects.toMatchObject({
          code: 'bad-message',
        });
        // In what is kept as JSON it has a form.
        const settings = settingsOf({ room: unique('room'), consentText: room });
        await store.settings.save(settings, ADMIN, 1);
        expect(await store.settings.of(settings.room)).toEqual(settings);
      }
    });
  });
}
