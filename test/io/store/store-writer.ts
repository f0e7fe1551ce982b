/**
 * A process that writes to a store as fast as it can and says on stdout what was acknowledged, a line each, until it is killed:
 *
 *     node test/io/store/store-writer.ts folder PATH | postgres URL   then a name for its rows
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../../src/io/store/open.ts';
import { ADMIN, ANSWER, grantOf, itemOf } from '../../contract/store/made.ts';

const [at, where = '', name = ''] = process.argv.slice(2);
const store = await openStore(at === 'postgres' ? { at, url: where } : { at: 'folder', folder: where });
/** At once: what is told is out before the next write begins. */
const tell = (kind: string, id: string) => writeSync(1, `${kind} ${id}\n`);

async function write(lane: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = `${name}-${lane.toString()}-${n.toString()}`;
    await store.people.grant(grantOf({ room: name, participant: id }), 'key', ADMIN);
    tell('grant', id);
    await store.reviews.add(itemOf({ id, room: name, participant: id, raters: 1 }));
    const claimed = await store.reviews.claim({ reviewer: id, rooms: [name], nowMs: 0, reservationMs: 1000 });
    if (claimed !== null) {
      await store.reviews.answer(claimed.reservation.id, id, ANSWER, 1);
      tell('answer', claimed.item.id);
    }
    const entry = await store.audit.append({
      atMs: n,
      kind: 'access',
      action: 'access.exported',
      actor: ADMIN,
      room: name,
      details: { id },
    });
    tell('audit', `${entry.seq.toString()}:${entry.hash}`);
  }
}

tell('ready', name);
await Promise.all([0, 1, 2].map(write));
