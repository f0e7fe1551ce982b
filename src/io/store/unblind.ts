import type { Queries } from './tables.ts';

/** Rows of one statement. */
const AT_ONCE = 1000;

/** Put on record that a reviewer is being told what the model says of some items; of those that are gone there is nothing to say. */
export async function unblind(trx: Queries, items: readonly string[], reviewer: string): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) {
    const some = items.slice(i, i + AT_ONCE);
    // In one order, so that two who do this at once do not wait for each other in a ring; locked, so that none goes meanwhile.
    const kept = await trx
      .selectFrom('items')
      .select('id')
      .where('id', 'in', some)
      .orderBy('id')
      .forKeyShare()
      .execute();
    if (kept.length > 0)
      await trx
        .insertInto('unblinded')
        .values(kept.map(({ id }) => ({ item: id, reviewer })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  }
}
