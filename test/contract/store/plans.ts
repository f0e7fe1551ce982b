import { describe, expect, test } from 'vitest';
import type { Opened } from './under-test.ts';
import { unique } from './made.ts';

const ITEMS = 100_000;

export function describePlans(opened: Opened): void {
  describe('with 100 000 items', () => {
    test('a page and a claim read a few rows, not the table', async () => {
      const { store, sql } = opened();
      const room = unique('room');
      await sql(`insert into items select
          '${room}-' || n, '${room}', 'p' || n % 50, 's', n, '["audit"]', 1,
          '{"startMs":0,"endMs":1,"status":"accepted","reason":null,"labels":[],"probabilities":{},"shares":{},"modalities":[],"missing":{},"uncertainty":null,"pack":"p@1","calibration":null}',
          '{}', null, 2, 0, 1, 'accepted', null, 'p@1', n % 3
        from generate_series(1, ${ITEMS.toString()}) n`);
      await sql(`insert into annotations (id, item, reviewer, at_ms, took_ms, labels, cannot_tell, informed)
        select '${room}-a-' || n, '${room}-' || n, 'rae', n, 1, '[]', false, false
        from generate_series(1, ${ITEMS.toString()}) n where n % 3 > 0`);
      await sql('analyze');
      const readBefore = await rowsRead();
      const page = await store.reviews.list({ rooms: null, limit: 50, nowMs: 0 });
      await store.reviews.list({
        rooms: [room],
        state: 'open',
        limit: 50,
        nowMs: 0,
        before: { createdMs: 50_000, id: '' },
      });
      await store.reviews.list({ rooms: null, state: 'held', limit: 50, nowMs: 0 });
      await store.reviews.list({ rooms: null, state: 'done', limit: 50, nowMs: 0 });
      await store.reviews.asked({ pack: 'p@1', beforeMs: 90_000, limit: 50, after: { createdMs: 50_000, id: '' } });
      const claimed = await store.reviews.claim({ reviewer: 'rae', rooms: [room], nowMs: 0, reservationMs: 9 });
      await store.reviews.claim({ reviewer: 'new', rooms: null, nowMs: 0, reservationMs: 9 });
      const read = (await rowsRead()) - readBefore;
      expect(page).toHaveLength(50);
      expect(claimed?.item.id).toBe(`${room}-3`);
      expect(read).toBeLessThan(2000);

      async function rowsRead(): Promise<number> {
        await sql('select pg_stat_force_next_flush()');
        const [row] = await sql(
          `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_user_tables
           where relname in ('items', 'annotations')`,
        );
        return Number(row?.['read']);
      }
    }, 120_000);
  });
}
