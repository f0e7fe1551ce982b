import type { ParticipantRef } from '../../domain.ts';
import type { DeletionReceipt } from '../../domain/trust.ts';
import type { Queries } from './tables.ts';

/**
 * Delete what is kept of one person. Clips go with the items that name them: their files are swept by what no row refers to.
 * @returns how many there were of each.
 */
export async function deletePerson(trx: Queries, ref: ParticipantRef): Promise<DeletionReceipt['deleted']> {
  const { room, participant } = ref;
  // Locked first, in one order: an answer that is being given ends before its item goes.
  const items = await trx
    .selectFrom('items')
    .select(['id', 'clip'])
    .where('room', '=', room)
    .where('participant', '=', participant)
    .orderBy('id')
    .forUpdate()
    .execute();
  const annotations = await trx
    .deleteFrom('annotations')
    .where((where) =>
      where(
        'item',
        'in',
        where.selectFrom('items').select('id').where('room', '=', room).where('participant', '=', participant),
      ),
    )
    .executeTakeFirst();
  const gone = async (table: 'items' | 'segments' | 'verdicts') => {
    const { numDeletedRows } = await trx
      .deleteFrom(table)
      .where('room', '=', room)
      .where('participant', '=', participant)
      .executeTakeFirst();
    return Number(numDeletedRows);
  };
  return {
    clips: new Set(items.flatMap(({ clip }) => clip ?? [])).size,
    segments: await gone('segments'),
    verdicts: await gone('verdicts'),
    reviewItems: await gone('items'),
    annotations: Number(annotations.numDeletedRows),
  };
}
