import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/**
 * For the rest of a transaction, read rows in the order that an index has them and stop at the limit. The planner cannot know
 * how many rows the conditions of the queue leave: where it takes them for few, it would read and sort the whole table.
 */
export async function readInIndexOrder(trx: Queries): Promise<void> {
  await sql`select set_config('enable_sort', 'off', true)`.execute(trx);
}
