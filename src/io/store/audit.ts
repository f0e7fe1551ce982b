import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { chainEntry, EMPTY_CHAIN, followChain } from '../../core/trust/audit-chain.ts';
import type { ChainHead, HashText } from '../../core/trust/audit-chain.ts';
import type { Actor, AuditEntry, AuditEvent, AuditKind } from '../../domain/trust.ts';
import type { AuditStore } from '../../ports/store.ts';
import type { Database } from './database.ts';
import { readDocument, record } from './documents.ts';
import type { Queries } from './tables.ts';

/** Held from reading the chain's end until the new entry is on record, so that entries come one after another. */
const CHAIN_LOCK = 0x756e6402;
/** Entries that are verified at once. */
const PAGE = 1000;

const sha256: HashText = (text) => createHash('sha256').update(text).digest('hex');

/** The audit log. */
export function auditStore(database: Database): AuditStore {
  return {
    append: (event) => database.write((trx) => writeAudit(trx, event)),
    entries: (query) => database.read((db) => entries(db, query)),
    async verify() {
      let head: ChainHead = EMPTY_CHAIN;
      for (;;) {
        const afterSeq = head.seq;
        const page = await database.read((db) => rows(db, { afterSeq, limit: PAGE }));
        for (const row of page) {
          const next = followChain(head, linkOf(row), sha256);
          if (next === null) return { entries: head.seq, brokenAt: row.seq, head: head.hash };
          head = next;
        }
        if (page.length < PAGE) return { entries: head.seq, brokenAt: null, head: head.hash };
      }
    },
  };
}

/**
 * Put an event on record in the transaction of what it is about. Call it last: what else the transaction locks must be held by
 * then, and everybody waits for the chain.
 */
export async function writeAudit(trx: Queries, event: AuditEvent): Promise<AuditEntry> {
  await sql`select pg_advisory_xact_lock(${CHAIN_LOCK})`.execute(trx);
  const last = await trx.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const entry = chainEntry(last ?? EMPTY_CHAIN, event, sha256);
  const { seq, atMs, kind, action, actor, room, details, previous, hash } = entry;
  await trx
    .insertInto('audit')
    .values({
      seq,
      at_ms: atMs,
      kind,
      action,
      actor_role: actor.role,
      actor_subject: actor.subject,
      room,
      details: JSON.stringify(details),
      previous,
      hash,
    })
    .execute();
  return entry;
}

type EntriesQuery = Parameters<AuditStore['entries']>[0];

async function entries(db: Queries, query: EntriesQuery): Promise<readonly AuditEntry[]> {
  const page = await rows(db, query);
  return page.map((row) => ({
    ...linkOf(row),
    details: readDocument(record, row.details, `audit entry ${row.seq.toString()}`),
  }));
}

function rows(db: Queries, { afterSeq = 0, kinds, room, limit }: EntriesQuery) {
  let query = db.selectFrom('audit').selectAll().where('seq', '>', afterSeq);
  if (kinds !== undefined) query = query.where('kind', '=', sql<string>`any(${[...kinds]}::text[])`);
  if (room !== undefined) query = query.where('room', '=', room);
  return query.orderBy('seq').limit(limit).execute();
}

/** Unchecked, as it is in the row: what is not ours breaks the chain. */
function linkOf(row: Awaited<ReturnType<typeof rows>>[number]): AuditEntry {
  return {
    seq: row.seq,
    atMs: row.at_ms,
    kind: row.kind as AuditKind,
    action: row.action,
    actor: { role: row.actor_role as Actor['role'], subject: row.actor_subject },
    room: row.room,
    details: row.details as AuditEntry['details'],
    previous: row.previous,
    hash: row.hash,
  };
}
