import type { Insertable, Selectable } from 'kysely';
import type { ParticipantRef, Verdict } from '../../domain.ts';
import type { SegmentRecord } from '../../domain/review.ts';
import type { ScoreStore } from '../../ports/store.ts';
import type { Database } from './database.ts';
import { labels, perLabel, readDocument, verdict } from './documents.ts';
import { expire } from './retention.ts';
import type { RetentionDefaults } from './retention.ts';
import type { Tables } from './tables.ts';
import { withoutWithdrawn } from './withdrawn.ts';

/** Rows that one statement writes: a statement has at most 65 535 parameters. */
const ROWS_A_STATEMENT = 1000;

/** What was said of people, and how long it stays. */
export function scoreStore(database: Database, defaults: RetentionDefaults): ScoreStore {
  return {
    add: ({ segments, verdicts }) =>
      database.write(async (trx) => {
        for (const some of chunks(await withoutWithdrawn(trx, segments)))
          await trx
            .insertInto('segments')
            .values(some.map(segmentRow))
            .onConflict((c) => c.doNothing())
            .execute();
        for (const some of chunks(await withoutWithdrawn(trx, verdicts)))
          await trx
            .insertInto('verdicts')
            .values(some.map(verdictRow))
            .onConflict((c) => c.doNothing())
            .execute();
      }),
    segments: (room, fromMs, limit) =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('segments')
          .selectAll()
          .where('room', '=', room)
          .where('end_ms', '>', fromMs)
          .orderBy('end_ms')
          .orderBy('id')
          .limit(limit)
          .execute();
        return rows.map(segmentOf);
      }),
    expire: (nowMs) => expire(database, nowMs, defaults),
    clipsInUse: () =>
      database.read(async (db) => {
        const rows = await db.selectFrom('items').select('clip').distinct().where('clip', 'is not', null).execute();
        return new Set(rows.flatMap(({ clip }) => clip ?? []));
      }),
  };
}

type PlacedVerdict = ParticipantRef & { readonly seq: number; readonly verdict: Verdict };

/** A segment out of its row. */
export function segmentOf(row: Selectable<Tables['segments']>): SegmentRecord {
  const { id, room, participant, number, windows, pack, calibration } = row;
  const what = `segment ${id}`;
  return {
    id,
    room,
    participant,
    index: number,
    startMs: row.start_ms,
    endMs: row.end_ms,
    status: row.status as SegmentRecord['status'],
    labels: readDocument(labels, row.labels, what),
    reason: row.reason as SegmentRecord['reason'],
    probabilities: readDocument(perLabel, row.probabilities, what),
    windows,
    pack,
    calibration,
  };
}

/** A window's verdict out of its row. */
export function verdictOf(row: Selectable<Tables['verdicts']>): PlacedVerdict {
  const { room, participant, seq } = row;
  const what = `verdict ${seq.toString()} of ${participant} in ${room}`;
  return { room, participant, seq, verdict: readDocument(verdict, row.verdict, what) };
}

function segmentRow(segment: SegmentRecord): Insertable<Tables['segments']> {
  const { id, room, participant, index, startMs, endMs, status, reason, windows, pack, calibration } = segment;
  return {
    id,
    room,
    participant,
    number: index,
    start_ms: startMs,
    end_ms: endMs,
    status,
    labels: JSON.stringify(segment.labels),
    reason,
    probabilities: JSON.stringify(segment.probabilities),
    windows,
    pack,
    calibration,
  };
}

function verdictRow({ room, participant, seq, verdict }: PlacedVerdict): Insertable<Tables['verdicts']> {
  const { startMs, endMs } = verdict;
  return { room, participant, seq, start_ms: startMs, end_ms: endMs, verdict: JSON.stringify(verdict) };
}

function chunks<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(rows.length / ROWS_A_STATEMENT);
  return Array.from({ length: count }, (_, i) => rows.slice(i * ROWS_A_STATEMENT, (i + 1) * ROWS_A_STATEMENT));
}
