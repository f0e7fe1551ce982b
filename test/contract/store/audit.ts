import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/domain/trust.ts';
import type { Opened } from './under-test.ts';
import { ADMIN, unique } from './made.ts';

const eventOf = (given: Partial<AuditEvent> = {}): AuditEvent => ({
  atMs: 1,
  kind: 'access',
  action: 'access.exported',
  actor: ADMIN,
  room: null,
  details: { n: 1 },
  ...given,
});

export function describeAudit(opened: Opened): void {
  describe('the audit log', () => {
    test('is one chain without holes, however many write at once', async () => {
      const { audit } = opened().store;
      const before = await audit.verify();
      expect(before.brokenAt).toBeNull();
      const written = await Promise.all(
        Array.from({ length: 40 }, (_, n) => audit.append(eventOf({ details: { n } }))),
      );
      expect(written.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 40 }, (_, i) => before.entries + 1 + i),
      );
      const after = await audit.verify();
      expect(after).toMatchObject({ brokenAt: null, entries: before.entries + 40 });
      expect(written.map(({ hash }) => hash)).toContain(after.head);
    });

    test('comes in pages, by kind and room', async () => {
      const { audit } = opened().store;
      const room = unique('room');
      for (const kind of ['access', 'deletion', 'access'] as const) await audit.append(eventOf({ room, kind }));
      const all = await audit.entries({ room, limit: 9 });
      expect(all.map(({ kind }) => kind)).toEqual(['access', 'deletion', 'access']);
      expect(await audit.entries({ room, kinds: ['deletion'], limit: 9 })).toEqual([all[1]]);
      expect(await audit.entries({ room, kinds: [], limit: 9 })).toEqual([]);
      expect(await audit.entries({ room, afterSeq: all[0]?.seq ?? 0, limit: 1 })).toEqual([all[1]]);
    });

    test('the database itself refuses to change it', async () => {
      const { store, sql } = opened();
      await store.audit.append(eventOf());
      for (const statement of ['update audit set action = action', 'delete from audit', 'truncate audit'])
        await expect(sql(statement)).rejects.toThrow('append-only');
    });

    test('whoever gets past the database shows: the first changed or removed entry is named', async () => {
      const { store, sql } = opened();
      const written = [];
      for (let n = 0; n < 6; n++) written.push(await store.audit.append(eventOf({ details: { n } })));
      const [first = 0] = written.map(({ seq }) => seq);
      const deeds = fc.constantFrom(
        `update audit set details = '{"n":9}' where seq = SEQ`,
        `update audit set at_ms = 2 where seq = SEQ`,
        `update audit set actor_subject = 'somebody' where seq = SEQ`,
        `update audit set room = '' where seq = SEQ`,
        `update audit set hash = repeat('0', 64) where seq = SEQ`,
        `update audit set details = '7' where seq = SEQ`,
        `delete from audit where seq = SEQ`,
      );
      await fc.assert(
        fc.asyncProperty(deeds, fc.integer({ min: 0, max: 4 }), async (deed, i) => {
          const seq = first + i;
          await sql('create table kept_audit as select * from audit');
          await sql('alter table audit disable trigger user');
          await sql(deed.replace('SEQ', seq.toString()));
          const { brokenAt } = await store.audit.verify();
          await sql('delete from audit');
          await sql('insert into audit select * from kept_audit');
          await sql('alter table audit enable trigger user');
          await sql('drop table kept_audit');
          // A removed entry shows where the next one does not follow.
          expect(brokenAt).toBe(deed.includes('delete') ? seq + 1 : seq);
          expect((await store.audit.verify()).brokenAt).toBeNull();
        }),
        { numRuns: 12 },
      );
    });
  });
}
