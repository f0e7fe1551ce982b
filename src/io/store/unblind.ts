import { lockItem } from './items.ts';
import type { Queries } from './tables.ts';

/** Put on record that a reviewer has been told what the model says of an item; of one that is gone there is nothing to say. */
export async function unblind(trx: Queries, item: string, reviewer: string): Promise<void> {
  if ((await lockItem(trx, item)) === undefined) return;
  await trx
    .insertInto('unblinded')
    .values({ item, reviewer })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
