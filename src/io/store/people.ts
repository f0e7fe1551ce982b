import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { ParticipantRef } from '../../domain.ts';
import type { Actor, ConsentRecord, DeletionReceipt } from '../../domain/trust.ts';
import type { PeopleStore } from '../../ports/store.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { deletePerson } from './delete-person.ts';
import { exportPerson } from './export-person.ts';
import type { Queries, Tables } from './tables.ts';

/** Who agreed to what. */
export function peopleStore(database: Database): PeopleStore {
  return {
    grant: (record, keyHash, actor) => database.write((trx) => grant(trx, record, keyHash, actor)),
    withdraw: (ref, atMs, actor) => database.write((trx) => withdraw(trx, ref, atMs, actor)),
    consents: (ref) => database.read((db) => consents(db, ref)),
    withdrawn: (refs) =>
      database.read(async (db) => {
        if (refs.length === 0) return [];
        return db
          .selectFrom('participants')
          .select(['room', 'participant'])
          .where('withdrawn_ms', 'is not', null)
          .where((eb) => eb.or(refs.map(({ room, participant }) => eb.and({ room, participant }))))
          .execute();
      }),
    opens: (ref, keyHash) =>
      database.read(async (db) => {
        const row = await participantQuery(db, ref).executeTakeFirst();
        return row !== undefined && sameText(row.key_hash, keyHash);
      }),
    export: (ref, actor, atMs) =>
      database.write(async (trx) => {
        const kept = await exportPerson(trx, ref, await consents(trx, ref));
        const details = { participant: ref.participant };
        await writeAudit(trx, { atMs, kind: 'access', action: 'access.exported', actor, room: ref.room, details });
        return kept;
      }),
  };
}

async function grant(trx: Queries, record: ConsentRecord, keyHash: string, actor: Actor): Promise<void> {
  const { room, participant, atMs, role, textVersion } = record;
  const row = { key_hash: keyHash, withdrawn_ms: null };
  await trx
    .insertInto('participants')
    .values({ room, participant, ...row })
    .onConflict((conflict) => conflict.columns(['room', 'participant']).doUpdateSet(row))
    .execute();
  await writeConsent(trx, { ...record, granted: true });
  const details = { participant, role, textVersion };
  await writeAudit(trx, { atMs, kind: 'consent', action: 'consent.granted', actor, room, details });
}

async function withdraw(trx: Queries, ref: ParticipantRef, atMs: number, actor: Actor): Promise<DeletionReceipt> {
  const { room, participant } = ref;
  // Waits for rows about the person that are being written, so that they are deleted too.
  const known = await participantQuery(trx, ref).forUpdate().executeTakeFirst();
  const [latest] = await consents(trx, ref);
  const deleted = await deletePerson(trx, ref);
  if (known?.withdrawn_ms === null && latest !== undefined) await recordWithdrawal(trx, { ...latest, atMs }, actor);
  const receipt = { room, participant, id: randomUUID(), atMs, deleted, kept: kept(known) };
  const details = { participant, receipt: receipt.id, deleted };
  await writeAudit(trx, { atMs, kind: 'deletion', action: 'deletion.withdrawal', actor, room, details });
  return receipt;
}

async function recordWithdrawal(trx: Queries, record: ConsentRecord, actor: Actor): Promise<void> {
  const { room, participant, atMs, role, textVersion } = record;
  await trx
    .updateTable('participants')
    .set({ withdrawn_ms: atMs })
    .where('room', '=', room)
    .where('participant', '=', participant)
    .execute();
  await writeConsent(trx, { ...record, granted: false });
  const details = { participant, role, textVersion };
  await writeAudit(trx, { atMs, kind: 'consent', action: 'consent.withdrawn', actor, room, details });
}

/** What a withdrawal leaves, and why. */
function kept(known: { readonly withdrawn_ms: number | null } | undefined): readonly string[] {
  if (known === undefined) return ['nothing: no consent of this person is on record'];
  const before =
    known.withdrawn_ms === null
      ? []
      : [`consent had been withdrawn before, on ${new Date(known.withdrawn_ms).toISOString()}`];
  return [
    ...before,
    'the record of consent and of its withdrawal: it proves that analysis was allowed, and until when (GDPR, Article 7(1))',
    'entries of the audit log, which hold ids and numbers only: they prove what was done, this deletion included',
  ];
}

function participantQuery(db: Queries, { room, participant }: ParticipantRef) {
  return db
    .selectFrom('participants')
    .select(['key_hash', 'withdrawn_ms'])
    .where('room', '=', room)
    .where('participant', '=', participant);
}

async function consents(db: Queries, { room, participant }: ParticipantRef): Promise<readonly ConsentRecord[]> {
  const rows = await db
    .selectFrom('consents')
    .selectAll()
    .where('room', '=', room)
    .where('participant', '=', participant)
    .orderBy('at_ms', 'desc')
    .orderBy('position', 'desc')
    .execute();
  return rows.map(consentOf);
}

async function writeConsent(trx: Queries, record: ConsentRecord): Promise<void> {
  const { room, participant, granted, atMs, role, textVersion, text } = record;
  await trx
    .insertInto('consents')
    .values({ room, participant, granted, at_ms: atMs, role, text_version: textVersion, text })
    .execute();
}

function consentOf(row: Selectable<Tables['consents']>): ConsentRecord {
  const { room, participant, granted, role, text } = row;
  return { room, participant, granted, atMs: row.at_ms, role, textVersion: row.text_version, text };
}

/** In a time that says nothing about where they differ. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
