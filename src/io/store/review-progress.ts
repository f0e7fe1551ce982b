import { sql } from 'kysely';
import type { ReviewProgress } from '../../ports/store.ts';
import { perLabel, readDocument } from './documents.ts';
import { liveReservations } from './places.ts';
import type { Queries } from './tables.ts';

/** How review is going; see `ReviewStore.progress`. */
export async function progress(db: Queries, rooms: readonly string[] | null, nowMs: number): Promise<ReviewProgress> {
  if (rooms?.length === 0) return { open: 0, held: 0, done: 0, reviewers: [] };
  return { ...(await itemsByState(db, rooms, nowMs)), reviewers: await reviewers(db, rooms) };
}

async function itemsByState(db: Queries, rooms: readonly string[] | null, nowMs: number) {
  let query = db.selectFrom('items').select((eb) => [
    eb.fn.countAll<number>().as('all'),
    eb.fn
      .countAll<number>()
      .filterWhere(eb('answers', '>=', eb.ref('raters')))
      .as('done'),
  ]);
  let heldQuery = db
    .selectFrom('items')
    .select(({ fn }) => fn.countAll<number>().as('held'))
    .whereRef('answers', '<', 'raters')
    .where('id', 'in', (where) =>
      where.selectFrom('reservations').select('reservations.item').where('expires_ms', '>', nowMs),
    )
    .where((where) => where(liveReservations(where, nowMs, null), '>=', where('raters', '-', where.ref('answers'))));
  if (rooms !== null) {
    query = query.where('room', 'in', rooms);
    heldQuery = heldQuery.where('room', 'in', rooms);
  }
  const { all, done } = await query.executeTakeFirstOrThrow();
  const { held } = await heldQuery.executeTakeFirstOrThrow();
  return { open: all - done - held, held, done };
}

type Reviewers = ReviewProgress['reviewers'];

async function reviewers(db: Queries, rooms: readonly string[] | null): Promise<Reviewers> {
  let answers = db
    .selectFrom('annotations')
    .innerJoin('items', 'items.id', 'annotations.item')
    .groupBy('reviewer')
    .select(({ fn }) => [
      'reviewer',
      fn.countAll<number>().as('answers'),
      fn.countAll<number>().filterWhere('cannot_tell', '=', true).as('cannotTell'),
      sql<number>`percentile_cont(0.5) within group (order by took_ms)`.as('medianTookMs'),
    ]);
  let skips = db
    .selectFrom('skips')
    .innerJoin('items', 'items.id', 'skips.item')
    .groupBy('reviewer')
    .select(({ fn }) => ['reviewer', fn.countAll<number>().as('skips')]);
  let labels = db
    .selectFrom('annotations')
    .innerJoin('items', 'items.id', 'annotations.item')
    .innerJoinLateral(
      sql<{ label: string }>`json_array_elements_text(annotations.labels)`.as<'named'>(sql`named(label)`),
      (on) => on.onTrue(),
    )
    .groupBy(['reviewer', 'named.label'])
    .select(({ fn }) => ['reviewer', 'named.label', fn.countAll<number>().as('count')]);
  if (rooms !== null) {
    answers = answers.where('items.room', 'in', rooms);
    skips = skips.where('items.room', 'in', rooms);
    labels = labels.where('items.room', 'in', rooms);
  }
  const [answerRows, skipRows, labelRows] = [await answers.execute(), await skips.execute(), await labels.execute()];
  const names = [...new Set([...answerRows, ...skipRows].map(({ reviewer }) => reviewer))].sort();
  return names.map((reviewer) => {
    const row = answerRows.find((other) => other.reviewer === reviewer);
    const counts = labelRows.filter((other) => other.reviewer === reviewer).map(({ label, count }) => [label, count]);
    return {
      reviewer,
      answers: row?.answers ?? 0,
      cannotTell: row?.cannotTell ?? 0,
      skips: skipRows.find((other) => other.reviewer === reviewer)?.skips ?? 0,
      medianTookMs: row?.medianTookMs ?? null,
      labels: readDocument(perLabel, Object.fromEntries(counts), `answers of ${reviewer}`),
    };
  });
}
