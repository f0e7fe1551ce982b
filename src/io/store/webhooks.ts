import { z } from 'zod';
import type { Webhook } from '../../domain/trust.ts';
import { UndertoneError } from '../../errors.ts';
import type { WebhookStore } from '../../ports/store.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { readDocument } from './documents.ts';

const kinds: z.ZodType<Webhook['kinds']> = z.array(
  z.enum(['consent', 'access', 'configuration', 'model', 'review', 'deletion']),
);
const rooms: z.ZodType<Webhook['rooms']> = z.array(z.string()).nullable();

/** Webhooks, and how far each is in the audit log. */
export function webhookStore(database: Database): WebhookStore {
  return {
    all: () =>
      database.read(async (db) => {
        const rows = await db.selectFrom('webhooks').selectAll().orderBy('created_ms').orderBy('id').execute();
        return rows.map((row) => ({
          id: row.id,
          url: row.url,
          kinds: readDocument(kinds, row.kinds, `webhook ${row.id}`),
          rooms: readDocument(rooms, row.rooms, `webhook ${row.id}`),
          secret: row.secret,
          deliveredSeq: row.delivered_seq,
          failures: row.failures,
          nextMs: row.next_ms,
          problem: row.problem,
        }));
      }),
    add: (webhook, actor, atMs) =>
      database.write(async (trx) => {
        const { id, url, secret } = webhook;
        const last = await trx.selectFrom('audit').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst();
        await trx
          .insertInto('webhooks')
          .values({
            id,
            url,
            secret,
            kinds: JSON.stringify(webhook.kinds),
            rooms: JSON.stringify(webhook.rooms),
            created_ms: atMs,
            delivered_seq: last?.seq ?? 0,
            failures: 0,
            next_ms: 0,
            problem: null,
          })
          .execute();
        const details = { webhook: id, host: new URL(url).host, kinds: webhook.kinds, rooms: webhook.rooms };
        const action = 'configuration.webhook-added';
        await writeAudit(trx, { atMs, kind: 'configuration', action, actor, room: null, details });
      }),
    remove: (id, actor, atMs) =>
      database.write(async (trx) => {
        const { numDeletedRows } = await trx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
        if (numDeletedRows === 0n) throw new UndertoneError('not-found', `there is no webhook ${id}`);
        const action = 'configuration.webhook-removed';
        await writeAudit(trx, { atMs, kind: 'configuration', action, actor, room: null, details: { webhook: id } });
      }),
    advance: (id, { deliveredSeq, failures, nextMs, problem }) =>
      database.write(async (trx) => {
        await trx
          .updateTable('webhooks')
          .set({ delivered_seq: deliveredSeq, failures, next_ms: nextMs, problem })
          .where('id', '=', id)
          .execute();
      }),
  };
}
