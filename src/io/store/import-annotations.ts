import type { Annotation } from '../../domain/review.ts';
import type { Actor } from '../../domain/trust.ts';
import { UndertoneError } from '../../errors.ts';
import { annotationRow } from './annotations.ts';
import { writeAudit } from './audit.ts';
import { lockItem } from './items.ts';
import type { Queries } from './tables.ts';

/** Take annotations in from elsewhere; see `ReviewStore.importAnnotations`. */
export async function importAnnotations(
  trx: Queries,
  annotations: readonly Annotation[],
  actor: Actor,
  atMs: number,
): Promise<number> {
  const byItem = Map.groupBy(annotations, ({ item }) => item);
  const unknown: string[] = [];
  let imported = 0;
  // Locked in one order, so that two imports never wait for each other.
  for (const [id, some] of [...byItem].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const item = await lockItem(trx, id);
    if (item === undefined) unknown.push(id);
    else imported += await importOfItem(trx, id, item.answers, some);
  }
  if (unknown.length > 0)
    throw new UndertoneError(
      'not-found',
      `${unknown.length.toString()} annotations are of items that are not here, as ${unknown.slice(0, 3).join(', ')}: nothing was taken in`,
    );
  if (imported > 0) {
    const details = { annotations: imported, items: byItem.size };
    await writeAudit(trx, { atMs, kind: 'review', action: 'review.imported', actor, room: null, details });
  }
  return imported;
}

async function importOfItem(
  trx: Queries,
  item: string,
  answers: number,
  annotations: readonly Annotation[],
): Promise<number> {
  const added = await trx
    .insertInto('annotations')
    .values(annotations.map((annotation) => annotationRow(annotation, null)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('reviewer')
    .execute();
  if (added.length === 0) return 0;
  await trx
    .updateTable('items')
    .set({ answers: answers + added.length })
    .where('id', '=', item)
    .execute();
  // Whoever is in there has answered: they do not hold it any more.
  const reviewers = added.map(({ reviewer }) => reviewer);
  await trx.deleteFrom('reservations').where('item', '=', item).where('reviewer', 'in', reviewers).execute();
  return added.length;
}
