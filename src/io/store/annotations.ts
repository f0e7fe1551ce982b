import type { Insertable, Selectable } from 'kysely';
import type { Annotation, ReviewedItem } from '../../domain/review.ts';
import { labels, readDocument } from './documents.ts';
import { itemOf } from './items.ts';
import type { Queries, Tables } from './tables.ts';

/** An annotation out of its row. */
function annotationOf(row: Selectable<Tables['annotations']>): Annotation {
  const { id, item, reviewer, valence, arousal } = row;
  return {
    id,
    item,
    reviewer,
    atMs: row.at_ms,
    tookMs: row.took_ms,
    informed: row.informed,
    labels: readDocument(labels, row.labels, `annotation ${id}`),
    cannotTell: row.cannot_tell,
    attributes: valence === null || arousal === null ? null : { valence, arousal },
  };
}

/** Its row; `reservation` is what it answers, null where it was imported. */
export function annotationRow(annotation: Annotation, reservation: string | null): Insertable<Tables['annotations']> {
  const { id, item, reviewer, atMs, tookMs, informed, labels, cannotTell, attributes } = annotation;
  return {
    id,
    item,
    reviewer,
    at_ms: atMs,
    took_ms: tookMs,
    informed,
    labels: JSON.stringify(labels),
    cannot_tell: cannotTell,
    valence: attributes?.valence ?? null,
    arousal: attributes?.arousal ?? null,
    reservation,
  };
}

/** Items with their answers, in the order of `rows`; answers in the order in which they came. */
export async function withAnnotations(
  db: Queries,
  rows: readonly Selectable<Tables['items']>[],
): Promise<readonly ReviewedItem[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const found = await db.selectFrom('annotations').selectAll().where('item', 'in', ids).orderBy('position').execute();
  const byItem = Map.groupBy(found, ({ item }) => item);
  return rows.map((row) => ({ item: itemOf(row), annotations: (byItem.get(row.id) ?? []).map(annotationOf) }));
}
