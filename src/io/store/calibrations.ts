import type { Selectable } from 'kysely';
import type { CalibrationStatus } from '../../domain/review.ts';
import { UndertoneError } from '../../errors.ts';
import type { CalibrationRecord, CalibrationStore } from '../../ports/store.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import { readDocument, record, reviewCalibration } from './documents.ts';
import type { Queries, Tables } from './tables.ts';

/** Calibrations by reviewers: every state that one was ever in is in the audit log. */
export function calibrationStore(database: Database): CalibrationStore {
  return {
    propose: ({ calibration, report }, actor) =>
      database.write(async (trx) => {
        const { id, pack, createdMs } = calibration;
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('calibrations')
          .values({
            id,
            pack,
            created_ms: createdMs,
            status: 'proposed',
            calibration: JSON.stringify(calibration),
            report: JSON.stringify(report),
          })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst();
        if (!numInsertedOrUpdatedRows)
          throw new UndertoneError('conflict', `calibration ${id} is there already: give the new one an id of its own`);
        const details = { calibration: id, pack };
        await writeAudit(trx, { atMs: createdMs, kind: 'model', action: 'model.proposed', actor, room: null, details });
      }),
    activate: (pack, id, actor, atMs) =>
      database.write(async (trx) => {
        const before = await lockPack(trx, pack);
        const active = before.find(({ status }) => status === 'active')?.id ?? null;
        if (id === active) return;
        if (id !== null) checkActivable(id, pack, before.find((row) => row.id === id)?.status);
        if (active !== null) await setStatus(trx, active, 'retired');
        if (id !== null) await setStatus(trx, id, 'active');
        const details = { pack, calibration: id, before: active };
        await writeAudit(trx, { atMs, kind: 'model', action: 'model.activated', actor, room: null, details });
      }),
    dismiss: (id, actor, atMs) =>
      database.write(async (trx) => {
        const row = await trx
          .selectFrom('calibrations')
          .select(['pack', 'status'])
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined) throw notFound(id);
        if (row.status === 'dismissed') return;
        if (row.status !== 'proposed')
          throw new UndertoneError('conflict', `calibration ${id} is ${row.status}: only a proposed one is dismissed`);
        await setStatus(trx, id, 'dismissed');
        const details = { calibration: id, pack: row.pack };
        await writeAudit(trx, { atMs, kind: 'model', action: 'model.dismissed', actor, room: null, details });
      }),
    active: (pack) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('calibrations')
          .selectAll()
          .where('pack', '=', pack)
          .where('status', '=', 'active')
          .executeTakeFirst();
        return row === undefined ? null : recordOf(row).calibration;
      }),
    all: (pack) =>
      database.read(async (db) => {
        let query = db.selectFrom('calibrations').selectAll();
        if (pack !== undefined) query = query.where('pack', '=', pack);
        return (await query.orderBy('created_ms', 'desc').orderBy('id', 'desc').execute()).map(recordOf);
      }),
  };
}

/** One change of a pack's calibrations at a time. */
function lockPack(trx: Queries, pack: string) {
  return trx
    .selectFrom('calibrations')
    .select(['id', 'status'])
    .where('pack', '=', pack)
    .orderBy('id')
    .forUpdate()
    .execute();
}

function checkActivable(id: string, pack: string, status: string | undefined): void {
  if (status === undefined)
    throw new UndertoneError('not-found', `pack ${pack} has no calibration ${id}: see which it has`);
  if (status === 'dismissed')
    throw new UndertoneError('conflict', `calibration ${id} was dismissed: propose it again to use it`);
}

async function setStatus(trx: Queries, id: string, status: CalibrationStatus): Promise<void> {
  await trx.updateTable('calibrations').set({ status }).where('id', '=', id).execute();
}

function recordOf(row: Selectable<Tables['calibrations']>): CalibrationRecord {
  const what = `calibration ${row.id}`;
  return {
    calibration: readDocument(reviewCalibration, row.calibration, what),
    status: row.status as CalibrationStatus,
    report: readDocument(record, row.report, what),
  };
}

const notFound = (id: string) => new UndertoneError('not-found', `there is no calibration ${id}`);
