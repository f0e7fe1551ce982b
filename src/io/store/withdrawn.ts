import type { ParticipantRef } from '../../domain.ts';
import type { Queries } from './tables.ts';

/**
 * Leave out what is about somebody who has withdrawn: it was under way when they did, and would come back after it was deleted.
 * Locks the others' rows, so that a withdrawal waits for what is being written and deletes it too.
 */
export async function withoutWithdrawn<T extends ParticipantRef>(
  trx: Queries,
  rows: readonly T[],
): Promise<readonly T[]> {
  const refs = new Map(rows.map((row) => [key(row), row]));
  const gone = new Set<string>();
  // In one order, so that two writers never wait for each other.
  for (const [name, { room, participant }] of [...refs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const found = await trx
      .selectFrom('participants')
      .select('withdrawn_ms')
      .where('room', '=', room)
      .where('participant', '=', participant)
      .forShare()
      .executeTakeFirst();
    if (found !== undefined && found.withdrawn_ms !== null) gone.add(name);
  }
  return rows.filter((row) => !gone.has(key(row)));
}

const key = ({ room, participant }: ParticipantRef) => JSON.stringify([room, participant]);
